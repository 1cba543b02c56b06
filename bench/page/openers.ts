import { Absent } from "../contenders/contender.js";
import { isSmall, type Opener, ownOpeners, SOFTWARE } from "../contenders/own.js";
import { openWorkerPeer } from "../contenders/worker_peer.js";
import type { EngineName } from "../engine_names.js";
import type { BenchNetwork } from "../networks.js";
import type { Adapter, Adapters } from "../runtime.js";

/** What a page has to compute on. */
export interface PageDevices {
  readonly threads: readonly number[];
  readonly gpu?: GPU;
  readonly adapters: Adapters;
  /** Software adapters compute networks of any size, not only small ones. */
  readonly anySize: boolean;
}

/** What makes contenders in a page. */
export function pageOpeners({
  threads,
  gpu,
  adapters,
  anySize,
}: PageDevices): (engine: EngineName, bench: BenchNetwork) => readonly Opener[] {
  const usable = (bench: BenchNetwork, adapter: Adapter | undefined, api: string): void => {
    if (!adapter) throw new Absent(`this browser has no ${api} in workers, or finds no adapter for it`);
    if (adapter.software && !anySize && !isSmall(bench)) throw new Absent(`${adapter.name} ${SOFTWARE}`);
  };
  const openGpu = async (bench: BenchNetwork): Promise<GPU> => {
    usable(bench, adapters.webgpu, "WebGPU");
    return gpu as GPU;
  };
  const cores = [...new Set(threads.map((t) => Math.max(1, t)))];
  return (engine, bench) => {
    const own = ownOpeners(engine, bench, { threads, gpu: openGpu });
    if (own) return own;
    switch (engine) {
      case "tfjs-cpu":
      case "tfjs-wasm":
      case "tfjs-grad":
        return [() => openWorkerPeer(bench, engine, 1)];
      case "tfjs-webgl":
        return [async () => (usable(bench, adapters.webgl, "WebGL"), openWorkerPeer(bench, engine, 1))];
      case "tfjs-webgpu":
      case "tfjs-webgpu-grad":
        return [async () => (usable(bench, adapters.webgpu, "WebGPU"), openWorkerPeer(bench, engine, 1))];
      case "onnxruntime":
        return cores.map((t) => () => openWorkerPeer(bench, engine, t));
      case "torch":
      case "torch-cuda":
      case "foolbox":
        return [() => Promise.reject(new Absent("runs in Python, beside Node"))];
      default:
        throw new Error(`no contender ${engine}`);
    }
  };
}
