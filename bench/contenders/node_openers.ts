import { adapterName, openGpu } from "../../test/support/webgpu.js";
import type { EngineName } from "../engine_names.js";
import type { BenchNetwork } from "../networks.js";
import type { Adapter } from "../runtime.js";
import { Absent } from "./contender.js";
import { openFoolbox } from "./foolbox.js";
import { openNodePeer } from "./node_peer.js";
import { isSmall, type Opener, ownOpeners, SOFTWARE } from "./own.js";
import { openTorch } from "./torch.js";

export interface NodeOpenerOptions {
  readonly threads: readonly number[];
  readonly flagged: boolean;
  /** Software adapters compute networks of any size, not only small ones. */
  readonly anySize: boolean;
}

/** What makes contenders in Node. */
export function nodeOpeners({
  threads,
  flagged,
  anySize,
}: NodeOpenerOptions): (engine: EngineName, bench: BenchNetwork) => readonly Opener[] {
  const cores = [...new Set(threads.map((t) => Math.max(1, t)))];
  const gpu = async (bench: BenchNetwork): Promise<GPU> => {
    const found = await openGpu().catch((error: Error) => {
      throw new Absent(error.message);
    });
    const adapter = found && (await nodeAdapter());
    if (!found || !adapter) throw new Absent("no WebGPU adapter");
    if (adapter.software && !anySize && !isSmall(bench)) throw new Absent(`${adapter.name} ${SOFTWARE}`);
    return found;
  };
  return (engine, bench) => {
    const own = ownOpeners(engine, bench, { threads, flagged, gpu });
    if (own) return own;
    switch (engine) {
      case "torch":
        return cores.map((t) => () => openTorch(bench, t));
      case "foolbox":
        return cores.map((t) => () => openFoolbox(bench, t));
      case "torch-cuda":
        return [() => openTorch(bench, 1, "cuda")];
      case "onnxruntime":
        return cores.map((t) => () => openNodePeer(bench, engine, t));
      case "tfjs-webgpu":
      case "tfjs-webgpu-grad":
        return [async () => (await gpu(bench), openNodePeer(bench, engine, 1))];
      case "tfjs-cpu":
      case "tfjs-wasm":
      case "tfjs-grad":
      case "tfjs-webgl":
        return [() => openNodePeer(bench, engine, 1)];
      default:
        throw new Error(`no contender ${engine}`);
    }
  };
}

/** What `openGpu` computes on, if it finds an adapter. */
export async function nodeAdapter(): Promise<Adapter | undefined> {
  const gpu = await openGpu().catch(() => undefined);
  const adapter = await gpu?.requestAdapter({ powerPreference: "high-performance" });
  if (!adapter) return undefined;
  const { vendor, architecture, isFallbackAdapter } = adapter.info;
  return { name: adapterName(adapter), vendor, architecture, software: isFallbackAdapter };
}
