import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { foolingRate } from "../../src/api/evaluate.js";
import type { UniversalOptions } from "../../src/api/universal/options.js";
import { universalPerturbation } from "../../src/api/universal.js";
import type { Engine, GradientEngine } from "../../src/engines/engine.js";

/** How far a run had come: seconds and gradients of crafting, judging not counted, and the rate on images that it never saw. */
export interface Point {
  readonly contender: string;
  readonly seed: number;
  readonly passes: number;
  readonly seconds: number;
  readonly gradients: number;
  readonly heldOut: number;
}

/** Images for crafting, and images to judge v by, with the network's predictions of them. */
export interface RateCase {
  readonly crafting: Float32Array;
  readonly heldOut: Float32Array;
  readonly labels: Int32Array;
  readonly radius: number;
}

/** Of ours: a run for each number of passes, since the length of steps depends on how many there will be. */
export const OURS: Readonly<
  Record<string, { readonly options: UniversalOptions; readonly passes: readonly number[] }>
> = {
  "unifool momentum": { options: { method: "momentum" }, passes: [1, 2, 3, 5, 10] },
  "unifool momentum, 1 start": { options: { method: "momentum", starts: 1 }, passes: [0.5, 1, 2, 5] },
  "unifool sgd": { options: { method: "sgd" }, passes: [1, 2, 5, 10, 20] },
  "unifool sga": { options: { method: "sga" }, passes: [1, 2, 5] },
  "unifool deepfool": { options: { method: "deepfool", delta: 0 }, passes: [1, 2, 5] },
};

/** PyTorch's: `../shared/peers/peer_uap_torch.py`, at batches that serve it well. */
export const TORCH: Readonly<Record<string, readonly string[]>> = {
  "PyTorch sgd, batch 125": ["--method", "sgd", "--batch", "125", "--epochs", "20"],
  "PyTorch sgd, batch 25": ["--method", "sgd", "--batch", "25", "--epochs", "8"],
  "PyTorch sga, batch 125": ["--method", "sga", "--batch", "125", "--epochs", "6"],
};

/**
 * Crafts with an engine, so many times over the images; half a pass are half of the images.
 *
 * @param name one of {@link OURS}
 */
export async function craftOurs(
  engine: GradientEngine,
  { crafting, heldOut, labels, radius }: RateCase,
  name: string,
  passes: number,
  seed: number,
): Promise<Point> {
  let judging = 0;
  const timed: Engine = {
    ...engine,
    async logits(images, options) {
      const begin = performance.now();
      const answer = await engine.logits(images, options);
      judging += performance.now() - begin;
      return answer;
    },
  };
  const size = engine.inputShape.reduce((product, n) => product * n, 1);
  const some =
    passes < 1 ? crafting.subarray(0, Math.round((passes * crafting.length) / size) * size) : crafting;
  const begin = performance.now();
  const uap = await universalPerturbation(timed, some, {
    ...OURS[name].options,
    ...{ norm: Infinity, radius, seed, passes: Math.ceil(passes) },
  });
  const seconds = (performance.now() - begin - judging) / 1000;
  const { rate } = await foolingRate(engine, heldOut, uap.last, { labels });
  const gradients = uap.history.reduce((sum, p) => sum + (p.gradients ?? p.iterations), 0);
  return { contender: name, seed, passes, seconds, gradients, heldOut: rate };
}

/** Runs PyTorch's program: a point after every epoch. */
export async function craftTorch(
  python: string,
  program: string,
  name: string,
  threads: number,
  seed: number,
): Promise<Point[]> {
  const settings = ["--threads", String(threads), "--seed", String(seed)];
  const child = spawn(python, [program, ...TORCH[name], ...settings], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const failed = new Promise<never>((_, reject) => child.once("error", reject));
  const points: Point[] = [];
  const read = async () => {
    for await (const line of createInterface({ input: child.stdout })) {
      const { epoch, seconds, gradients, test } = JSON.parse(line);
      points.push({ contender: name, seed, passes: epoch, seconds, gradients, heldOut: test });
    }
  };
  await Promise.race([read(), failed]);
  return points;
}
