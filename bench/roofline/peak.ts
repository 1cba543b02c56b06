import type { WasmVariant } from "../contenders/wasm.js";

/** Bandwidth is measured on working sets that fit one level and not the one before it. */
export const LEVELS = [
  { level: "L1", kilobytes: 16 },
  { level: "L2", kilobytes: 384 },
  { level: "L3", kilobytes: 6 * 1024 },
  { level: "memory", kilobytes: 160 * 1024 },
] as const;

/** What a number of threads of this machine can do in WebAssembly, or its GPU in WGSL. */
export interface Roofline {
  readonly variant: WasmVariant | "webgpu";
  readonly threads: number;
  /** Peak of multiply-adds on registers, two operations each. */
  readonly gflops: number;
  /** Read bandwidth by level, GB/s (10^9), all threads together. */
  readonly bandwidth: Readonly<Partial<Record<(typeof LEVELS)[number]["level"], number>>>;
}

/** The peak for a variant and a number of threads; more threads than measured count as the most measured. */
export function peakFor(
  rooflines: readonly Roofline[],
  variant: Roofline["variant"],
  threads: number,
): number | undefined {
  const fitting = rooflines.filter((r) => r.variant === variant && r.threads <= threads);
  return fitting.length === 0 ? undefined : Math.max(...fitting.map((r) => r.gflops));
}
