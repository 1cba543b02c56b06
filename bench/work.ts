import { createWasmEngine } from "../src/engines/wasm/engine.js";
import { sizeOf } from "../src/network/spec.js";
import type { Case, Result } from "./case.js";
import type { BenchNetwork } from "./networks.js";

/** Multiply-adds of a network on one image, the mean over some images. */
export interface Work {
  readonly forward: number;
  /** Of one cotangent: all of them, and those between live units, which alone are done. */
  readonly denseBackward: number;
  readonly liveBackward: number;
  readonly images: number;
}

/** Counts on the live lists of our engine, on the first eight images at most; two of a large network. */
export async function countWork({ network, input, images }: BenchNetwork): Promise<Work> {
  const engine = await createWasmEngine(network, input, { deterministic: true, threads: 0 });
  try {
    const size = sizeOf(network.input.shape);
    const large = size > 64 * 64 * 3;
    const count = Math.min(large ? 2 : 8, images.count);
    const sum = { forward: 0, denseBackward: 0, liveBackward: 0 };
    // Four rows fill their lanes, whatever the kernels do with other numbers.
    const lanes = 4;
    for (let n = 0; n < count; n++)
      for (const t of await engine.profile(images.values.subarray(n * size, (n + 1) * size), {
        classes: Math.min(lanes, engine.classes),
        repeats: 1,
      })) {
        if (t.phase === "forward") sum.forward += t.liveMacs / count;
        else {
          sum.denseBackward += t.denseMacs / lanes / count;
          sum.liveBackward += t.liveMacs / lanes / count;
        }
      }
    return { ...sum, images: count };
  } finally {
    engine.dispose();
  }
}

/**
 * Multiply-adds of one call that were not skipped. Rows that only fill up vectors do not count, nor does what is not a
 * multiply-add of a layer. DeepFool: as if units stayed live as they are on the clean images.
 */
export function liveMacs(c: Case, work: Work, result: Result, classes: number): number | undefined {
  const rows = Math.min(c.classes, classes);
  switch (result.op) {
    case "logits":
      return c.batch * work.forward;
    case "gradient":
      // How much of it is skipped differs from what rows in lanes skip.
      return undefined;
    case "jacobian":
      return c.batch * (work.forward + rows * work.liveBackward);
    case "deepfool":
    case "deepfool_foolbox":
    case "deepfool_step": {
      const iterations = result.iterations.reduce((a, b) => a + b, 0);
      return (c.batch + iterations) * work.forward + iterations * (rows - 1) * work.liveBackward;
    }
    case "uap_pass":
      return undefined;
  }
}
