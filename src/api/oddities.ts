import type { Engine } from "../engines/engine.js";
import { NotANumber } from "../engines/not_a_number.js";
import { sizeOf } from "../network/spec.js";
import { randomSource } from "./random.js";

/** Sums of float32 probabilities of 1000 classes are off by less than this. */
const SUM_TOLERANCE = 1e-3;

/**
 * What is odd about a network's scores of one image of noise: NaN, infinite, or probabilities if they all lie in [0, 1] and
 * sum to 1. Logits do that by accident only in networks without any weights to speak of.
 */
export async function oddityOf(
  engine: Engine,
  signal: AbortSignal | undefined,
): Promise<"NaN" | "infinite" | "probabilities" | undefined> {
  const [low, high] = engine.range;
  const random = randomSource(1);
  const noise = Float32Array.from(
    { length: sizeOf(engine.inputShape) },
    () => low + (random() / 2 ** 32) * (high - low),
  );
  try {
    const { logits } = await engine.logits(noise, signal && { signal });
    if (!logits.every(Number.isFinite)) return "infinite";
    const sum = logits.reduce((total, score) => total + score, 0);
    const inRange = logits.every((score) => score >= 0 && score <= 1);
    return inRange && Math.abs(sum - 1) < SUM_TOLERANCE ? "probabilities" : undefined;
  } catch (error) {
    if (error instanceof NotANumber) return "NaN";
    throw error;
  }
}
