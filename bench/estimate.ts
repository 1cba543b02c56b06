import type { EngineName } from "./engine_names.js";
import type { Group } from "./plan.js";

/** When `--quick` begins nothing more, in milliseconds of a process or page: what was begun ends before the 90 seconds do. */
export const QUICK_MILLISECONDS = 65_000;

/** Seconds until an engine answers on a network: processes and workers that load packages, shaders that are compiled. */
const OPENING: Readonly<Record<EngineName, number>> = {
  reference: 0,
  "wasm-simd": 0.2,
  "wasm-relaxed": 0.2,
  webgpu: 3,
  "webgpu-f16w": 3,
  "tfjs-cpu": 2,
  "tfjs-wasm": 2,
  "tfjs-grad": 2,
  "tfjs-webgl": 2,
  "tfjs-webgpu": 3,
  "tfjs-webgpu-grad": 3,
  onnxruntime: 1,
  torch: 8,
  "torch-cuda": 8,
  foolbox: 8,
};

/** Seconds that a network takes to be loaded, counted and proved. */
const PREPARING = 3;
/** Seconds of a row besides those that are timed: warming up, and being checked. */
const CHECKING = 0.6;

/** How many contenders an engine has: one for each number of threads, where it can use them. */
function configurations(engine: EngineName, threads: readonly number[]): number {
  return /^(wasm|onnxruntime|torch$|foolbox)/.test(engine) ? threads.length : 1;
}

/**
 * Seconds that a run may take, from what its parts took on a laptop; whoever cannot take part is counted in.
 *
 * @param seconds timed a row
 */
export function estimateSeconds(
  groups: readonly Group[],
  threads: readonly number[],
  seconds: number,
): number {
  const opened = new Set<string>();
  let sum = 0;
  for (const { case: c, engines } of groups) {
    if (!opened.has(c.network)) sum += PREPARING;
    opened.add(c.network);
    for (const engine of engines) {
      const count = configurations(engine, threads);
      const key = `${c.network}/${engine}`;
      if (!opened.has(key)) sum += count * OPENING[engine];
      opened.add(key);
      sum += count * (seconds + CHECKING);
    }
  }
  return sum;
}

/** One line. */
export function estimateText(groups: readonly Group[], threads: readonly number[], seconds: number): string {
  const estimate = estimateSeconds(groups, threads, seconds);
  const time = estimate < 100 ? `${Math.ceil(estimate / 5) * 5} s` : `${Math.ceil(estimate / 60)} minutes`;
  return `${groups.length} cases, about ${time}`;
}
