import { createWasmEngine } from "../src/engines/wasm/engine.js";
import type { LayerTime } from "../src/engines/wasm/run/profile.js";
import { sizeOf } from "../src/network/spec.js";
import type { WasmVariant } from "./contenders/wasm.js";
import type { BenchNetwork } from "./networks.js";
import { digits, formatTable, percent } from "./table.js";

/**
 * Kernel by kernel, one Jacobian of the first image on one thread, or one gradient where `classes` is 0; times are the shortest of
 * the repeats.
 */
export interface Profile {
  readonly network: string;
  readonly variant: WasmVariant;
  readonly classes: number;
  readonly layers: readonly LayerTime[];
}

export async function profileNetwork(
  { name, network, input, images }: BenchNetwork,
  variant: WasmVariant,
  classes: number,
  repeats: number,
): Promise<Profile> {
  const engine = await createWasmEngine(network, input, { deterministic: variant === "simd", threads: 0 });
  try {
    if (engine.variant !== variant) throw new Error(`profile: this Node has no ${variant} variant`);
    const image = images.values.subarray(0, sizeOf(network.input.shape));
    // The first calls run unoptimised code.
    for (const end = performance.now() + 400; performance.now() < end; )
      await (classes === 0
        ? engine.gradient(image, { loss: "logit", labels: [0] })
        : engine.jacobian(image, { classes }));
    return { network: name, variant, classes, layers: await engine.profile(image, { classes, repeats }) };
  } finally {
    engine.dispose();
  }
}

/** Milliseconds of all kernel calls, of one phase or both. */
export function kernelTime({ layers }: Profile, phase?: LayerTime["phase"]): number {
  return layers
    .filter((l) => phase === undefined || l.phase === phase)
    .reduce((sum, l) => sum + l.milliseconds, 0);
}

/** Every kernel call, or one line for each kind of kernel. `peak` in GFLOP/s. */
export function profileTable(profile: Profile, peak: number | undefined, byKernel: boolean): string {
  const rows = byKernel ? mergeByKernel(profile.layers) : profile.layers;
  const total = kernelTime(profile);
  const gflops = (l: LayerTime): number | undefined =>
    l.liveMacs > 0 ? (2 * l.liveMacs) / l.milliseconds / 1e6 : undefined;
  return formatTable<LayerTime>(
    [
      { title: "phase", cell: (l) => l.phase, align: "left" },
      { title: "layer", cell: (l) => l.layer.replaceAll("\u0000", " "), align: "left" },
      { title: "kernel", cell: (l) => l.kernel, align: "left" },
      { title: "ms", cell: (l) => l.milliseconds.toFixed(3) },
      { title: "of time", cell: (l) => `${((100 * l.milliseconds) / total).toFixed(1)}%` },
      { title: "MMAC", cell: (l) => (l.liveMacs > 0 ? digits(l.liveMacs / 1e6) : "") },
      { title: "live", cell: (l) => (l.denseMacs > 0 ? (l.liveMacs / l.denseMacs).toFixed(2) : "") },
      { title: "GFLOP/s", cell: (l) => digits(gflops(l)) },
      {
        title: "of peak",
        cell: (l) => percent(peak === undefined || !gflops(l) ? undefined : (gflops(l) as number) / peak),
      },
    ],
    rows,
  );
}

function mergeByKernel(layers: readonly LayerTime[]): LayerTime[] {
  const merged = new Map<string, LayerTime>();
  for (const l of layers) {
    const key = `${l.phase} ${l.kernel}`;
    const sum = merged.get(key);
    merged.set(key, {
      ...l,
      layer: "all",
      milliseconds: l.milliseconds + (sum?.milliseconds ?? 0),
      denseMacs: l.denseMacs + (sum?.denseMacs ?? 0),
      liveMacs: l.liveMacs + (sum?.liveMacs ?? 0),
    });
  }
  return [...merged.values()].sort((a, b) => b.milliseconds - a.milliseconds);
}

/** What the profile's columns mean, in one line. */
export function profileNote({ variant, classes }: Profile): string {
  return `${variant}, one thread, ${classes === 0 ? "one gradient" : `K = ${classes}`}. MMAC: millions of multiply-adds done, lanes that fill up vectors included; live: the share of a dense evaluation that they are.`;
}
