import { expect } from "vitest";
import { jacobian64 } from "../../src/engines/reference.js";
import type { InputTransform } from "../../src/network/input.js";
import type { Network } from "../../src/network/spec.js";
import { float32Error, type ImageError } from "./float32_error.js";

/** What the oracle says of one image, and what float32 may make of it. */
export interface Answer {
  /** `[K]`, the logits that were differentiated. */
  readonly classes: Int32Array;
  /** `[C]`. */
  readonly logits: Float64Array;
  /** `[K][D]`. */
  readonly values: Float64Array;
  readonly error: ImageError;
}

/** What an engine says of that image. */
export interface Results {
  readonly logits: ArrayLike<number>;
  readonly values: ArrayLike<number>;
}

export function answerOf(
  network: Network,
  input: InputTransform,
  image: Float64Array,
  classes: Int32Array,
): Answer {
  const { logits, values } = jacobian64(network, input, image, classes);
  return { classes, logits, values, error: float32Error(network, input, image, classes) };
}

/**
 * Holds an engine's results to the oracle's, to within the derived bounds and the rounding of the results. Gradients may be
 * those of another linear piece where float32 cannot tell in which one the image is; those of an answer without such
 * ties may not, nor where the bound that allows for ties would let anything pass.
 *
 * @returns the units that show it where the gradients are right only for another piece, else ""
 */
export function expectAnswer(ours: Results, { logits, values, error }: Answer, where: string): string {
  expect(firstBeyond(ours.logits, logits, error.logits), `${where}: logits`).toBe("");
  const beyond = firstBeyond(ours.values, values, error.values);
  if (beyond === "") return "";
  expect(error.ties, `${where}: gradients, ${beyond}, and there is no tie`).not.toEqual([]);
  expect(firstBeyond(ours.values, values, error.tiedValues), `${where}: gradients, in spite of ties`).toBe(
    "",
  );
  expect(tells(values, zeros, error.tiedValues), `${where}: ties so many that zeros would pass`).toBe(true);
  const ties = error.ties.map(
    ({ node, unit, at, error: by }) => `${node}[${unit}] = ${at} +- ${by.toExponential(1)}`,
  );
  return `${where}: ${ties.slice(0, 4).join(", ")}${ties.length > 4 ? ", ..." : ""}`;
}

/** The first value beyond its bound, described, or "". NaN is beyond any. */
function firstBeyond(ours: ArrayLike<number>, exact: Float64Array, bound: Float64Array): string {
  if (ours.length !== exact.length) return `${ours.length} values, expected ${exact.length}`;
  for (let i = 0; i < exact.length; i++) {
    const most = bound[i] + 2 ** -24 * Math.abs(exact[i]);
    if (!(Math.abs(ours[i] - exact[i]) <= most))
      return `value ${i} is ${ours[i]}, expected ${exact[i]} within ${most}`;
  }
  return "";
}

type Impostor = (i: number) => number;

const zeros: Impostor = () => 0;

/** True if the bound turns an impostor down. */
function tells(exact: Float64Array, impostor: Impostor, bound: Float64Array): boolean {
  return exact.some((v, i) => Math.abs(impostor(i) - v) > bound[i] + 2 ** -24 * Math.abs(v));
}

/** The unit roundoff of float64 in that of float32. */
const FLOAT64 = 2 ** -29;

/** Every gradient is 0 or no more than what float64 leaves of one that is, so that nothing but zeros can be expected. */
export function isDead({ values, error }: Answer): boolean {
  return values.every((value, i) => Math.abs(value) <= FLOAT64 * error.values[i]);
}

/**
 * Wrong results that the bounds of an answer would let pass, none if they are of use: zeros, gradients in the rows of other
 * classes, all gradients a hundredth too long; and the other answers that are given, where their shapes are the same.
 * Of an answer with ties the bound of its own piece is meant.
 */
export function undetected(
  { classes, logits, values, error }: Answer,
  others: readonly Answer[] = [],
): string[] {
  const size = values.length / classes.length;
  const impostors: [what: string, tells: boolean][] = [
    ["logits of 0", tells(logits, zeros, error.logits)],
    ["gradients of 0", tells(values, zeros, error.values)],
    ["gradients a hundredth too long", tells(values, (i) => 1.01 * values[i], error.values)],
  ];
  if (classes.length > 1)
    impostors.push([
      "gradients of another class",
      tells(values, (i) => values[(i + size) % values.length], error.values),
    ]);
  others.forEach((other, n) => {
    if (other.logits.length === logits.length)
      impostors.push([`logits of neighbour ${n}`, tells(logits, (i) => other.logits[i], error.logits)]);
    if (other.values.length === values.length)
      impostors.push([`gradients of neighbour ${n}`, tells(values, (i) => other.values[i], error.values)]);
  });
  return impostors.flatMap(([what, told]) => (told ? [] : [what]));
}
