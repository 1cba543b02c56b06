import type { EngineName } from "../engine_names.js";
import type { BenchNetwork } from "../networks.js";
import { Absent, type Contender } from "./contender.js";
import { openReference } from "./reference.js";
import { openWasm, type WasmVariant } from "./wasm.js";
import { openWebgpu } from "./webgpu.js";

/** Makes a contender of an engine, in one configuration. */
export type Opener = () => Promise<Contender>;

/** What our engines compute on, in Node or in a page. */
export interface OwnDevices {
  /** Numbers of worker threads; 0 is the calling thread. */
  readonly threads: readonly number[];
  /** Fused multiply-add came by a flag. */
  readonly flagged?: boolean;
  /** @throws Absent where there is no adapter, or none that may take part */
  readonly gpu: (bench: BenchNetwork) => Promise<GPU>;
}

/** A contender for each number of threads; undefined where the engine is none of ours. */
export function ownOpeners(
  engine: EngineName,
  bench: BenchNetwork,
  { threads, flagged, gpu }: OwnDevices,
): readonly Opener[] | undefined {
  switch (engine) {
    case "reference":
      return [
        async () => {
          if (!isSmall(bench)) throw new Absent("float64 takes seconds a call of a network of this size");
          return openReference(bench);
        },
      ];
    case "wasm-simd":
    case "wasm-relaxed":
      return threads.map((t) => () => openWasm(bench, engine.slice(5) as WasmVariant, t, flagged));
    case "webgpu":
      return [async () => openWebgpu(bench, "float32", await gpu(bench))];
    case "webgpu-f16w":
      return [async () => openWebgpu(bench, "float16", await gpu(bench))];
    default:
      return undefined;
  }
}

/** Behind the name of an adapter: why it does not take part. */
export const SOFTWARE = "is software, which computes tiny networks only";

/** Values of all layers together, up to which the processor plays a GPU, or float64 an engine, in milliseconds. */
const SMALL = 50_000;

/** Whether software may compute what hardware is for. */
export function isSmall({ network }: BenchNetwork): boolean {
  const values = network.nodes.reduce((sum, { shape }) => sum + shape.reduce((a, b) => a * b, 1), 0);
  return values <= SMALL;
}
