import { once } from "node:events";
import { Worker } from "node:worker_threads";
import type { WasmVariant } from "../contenders/wasm.js";
import { PEAKS, rooflineKernels } from "./kernels.js";
import { assembleKernels } from "./module.js";
import { LEVELS, type Roofline } from "./peak.js";
import type { Probe, Rate } from "./probe.js";

export interface RooflineOptions {
  readonly variants: readonly WasmVariant[];
  readonly threads: readonly number[];
  /** Milliseconds a window, and windows a probe: the best one counts. */
  readonly window: number;
  readonly windows: number;
  /** Also the caches and memory; they are the same for both variants, and measured with the first. */
  readonly bandwidth: boolean;
}

/** Measures with workers that each have a memory of their own. */
export async function measureRoofline(options: RooflineOptions): Promise<Roofline[]> {
  const found: Roofline[] = [];
  for (const threads of options.threads)
    for (const [i, variant] of options.variants.entries())
      found.push(await measureOne(variant, threads, { ...options, bandwidth: options.bandwidth && i === 0 }));
  return found;
}

async function measureOne(
  variant: WasmVariant,
  threads: number,
  { window, windows, bandwidth }: RooflineOptions,
): Promise<Roofline> {
  const relaxed = variant === "relaxed";
  const megabytes = bandwidth ? 192 : 1;
  const bytes = assembleKernels(rooflineKernels, { relaxed });
  const file = new URL("./roofline_worker.mjs", import.meta.url);
  const workers = Array.from(
    { length: threads },
    () => new Worker(file, { workerData: { bytes, megabytes, relaxed } }),
  );
  const best = async (probe: Probe): Promise<number> => {
    let highest = 0;
    // One window more than asked for: the first also prepares.
    for (let i = 0; i <= windows; i++) {
      const rates = workers.map(async (worker) => {
        worker.postMessage({ probe, milliseconds: window });
        const [rate] = (await once(worker, "message")) as [Rate];
        // Threads share memory's bandwidth: only what they reach at the same time counts.
        return probe.kind === "read" && threads > 1 ? rate.mean : rate.best;
      });
      const total = (await Promise.all(rates)).reduce((a, b) => a + b, 0);
      if (i > 0) highest = Math.max(highest, total);
    }
    return highest;
  };
  try {
    let macs = 0;
    for (const spelling of PEAKS) macs = Math.max(macs, await best({ kind: "peak", spelling }));
    const levels: Record<string, number> = {};
    if (bandwidth)
      for (const { level, kilobytes } of LEVELS)
        levels[level] = (await best({ kind: "read", kilobytes })) / 1e9;
    return { variant, threads, gflops: (2 * macs) / 1e9, bandwidth: levels };
  } finally {
    await Promise.all(workers.map((worker) => worker.terminate()));
  }
}
