import type { Engine } from "../engines/engine.js";
import { sizeOf } from "../network/spec.js";
import { randomSource } from "./random.js";

/** Sums of float32 probabilities of 1000 classes are off by less than this. */
const SUM_TOLERANCE = 1e-3;

/**
 * True if a network's scores of one image of noise all lie in [0, 1] and sum to 1. Logits do that by accident
 * only in networks without any weights to speak of.
 */
export async function looksLikeProbabilities(engine: Engine): Promise<boolean> {
  const [low, high] = engine.range;
  const random = randomSource(1);
  const noise = Float32Array.from(
    { length: sizeOf(engine.inputShape) },
    () => low + (random() / 2 ** 32) * (high - low),
  );
  const { logits } = await engine.logits(noise);
  const sum = logits.reduce((total, score) => total + score, 0);
  return logits.every((score) => score >= 0 && score <= 1) && Math.abs(sum - 1) < SUM_TOLERANCE;
}
