import { type DeepfoolOptions, deepfool } from "../../src/api/deepfool.js";
import type { Engine } from "../../src/engines/engine.js";
import { jacobian64 } from "../../src/engines/reference.js";
import type { InputTransform } from "../../src/network/input.js";
import type { Network } from "../../src/network/spec.js";
import { type Flip, linearPiece } from "../engines/linear_piece.js";

/** An engine on a network, and its own values of a forward pass where they can be had. */
export interface Subject {
  readonly engine: Engine;
  readonly network: Network;
  readonly input: InputTransform;
  readonly valuesOf?: (image: Float32Array) => Promise<ReadonlyMap<string, Float32Array>>;
}

/** One image of a DeepFool run. */
export interface Path {
  readonly image: Float32Array;
  readonly options: DeepfoolOptions;
  /** The prediction on the image. */
  readonly label: number;
  /** Classes that the engine took, step by step. */
  readonly chosen: readonly number[];
}

/** Half a unit in the last place of float32, relative. */
const U = 2 ** -24;
/** Values of a layer of a deep network are off by so much of the largest one at most, in float32. */
const LAYER_ERROR = 2 ** -19;

/**
 * Why another run of the same algorithm may take other steps than ours from the same image. Either at the point where they
 * part
 *
 * - whether the prediction still is what it was, where one stops and the other goes on, or
 * - which of two distances is the smaller, where they take different classes,
 *
 * hangs on less than what rounding does to it; or before it the engine has a unit on the other side of its kink, see
 * {@link tieOfPiece}.
 *
 * @param theirs classes that the other run took
 * @param least see {@link tieOfPiece}
 * @returns what was found, or "" if nothing explains it
 */
export async function tieOfSteps(
  subject: Subject,
  path: Path,
  theirs: readonly number[],
  least: number,
): Promise<string> {
  const { chosen: ours } = path;
  const common = Math.min(ours.length, theirs.length);
  let fork = 0;
  while (fork < common && ours[fork] === theirs[fork]) fork++;
  const rivals = fork === common ? [await rivalAfter(subject, path, fork)] : [ours[fork], theirs[fork]];
  const found = await marginsAfter(subject, path, fork, rivals);
  if (fork === common) {
    const { margin, error } = found[0];
    if (Math.abs(margin) <= error)
      return `after ${fork} steps the prediction leads by ${show(margin)} +- ${show(error)}`;
  } else {
    const [one, other] = found.map(({ margin, steepness }) => margin / steepness);
    const error = found.reduce((sum, of) => sum + of.error / of.steepness, 0);
    if (Math.abs(one - other) <= error)
      return `after ${fork} steps classes ${rivals.join(" and ")} are ${show(one)} and ${show(other)} away, +- ${show(error)}`;
  }
  return tieOfPiece(subject, { ...path, chosen: ours.slice(0, fork) }, least);
}

/**
 * Why another run of the same algorithm may take the same steps to another r: at a point of the path the engine has units on
 * another side of their kinks than the exact network has, nearer to them than the values around are right.
 *
 * @param least change of the step's direction, relative, that must come of it
 * @returns what was found, or ""
 */
export async function tieOfPiece(subject: Subject, path: Path, least: number): Promise<string> {
  const { network, input, valuesOf } = subject;
  if (valuesOf === undefined) return "";
  for (const [step, c] of path.chosen.entries()) {
    const point = await pointAfter(subject, path, step);
    const classes = Int32Array.of(path.label, c);
    const { flipped, values } = linearPiece(network, input, point, classes, await valuesOf(point));
    const withinError = flipped.every(
      ({ distance, error, largest }) => distance <= error && error <= LAYER_ERROR * largest,
    );
    if (flipped.length === 0 || !withinError) continue;
    const exact = jacobian64(network, input, Float64Array.from(point), classes).values;
    const [seen, right] = [values, exact].map((rows) => differenceOfRows(rows, 1, point.length));
    const change = length(seen.map((v, i) => v - right[i])) / length(right);
    if (change >= least)
      return `after ${step} steps ${flipped.map(showFlip).join(", ")}: direction off by ${show(change)}`;
  }
  return "";
}

interface Margin {
  /** By how much the prediction's logit exceeds the rival's, exactly, at the engine's point. */
  readonly margin: number;
  /**
   * What rounding does to it, to first order: the point is that of a run in float64 rounded to float32, each pixel by at most
   * `u |x|`, and r by as much as the margins were off that its steps were made of, which the engine's logits show.
   */
  readonly error: number;
  /** Dual norm of its gradient: the boundary is `margin / steepness` away. */
  readonly steepness: number;
}

async function marginsAfter(
  subject: Subject,
  path: Path,
  steps: number,
  rivals: readonly number[],
): Promise<Margin[]> {
  const { network, input } = subject;
  let before = 0;
  for (const [step, c] of path.chosen.slice(0, steps).entries())
    before += await marginError(subject, await pointAfter(subject, path, step), path.label, c);
  const point = await pointAfter(subject, path, steps);
  const classes = Int32Array.of(path.label, ...rivals);
  const { logits, values } = jacobian64(network, input, Float64Array.from(point), classes);
  const margins: Margin[] = [];
  for (const [k, c] of rivals.entries()) {
    const w = differenceOfRows(values, k + 1, point.length);
    const rounding = w.reduce((sum, g, i) => sum + Math.abs(g) * U * Math.abs(point[i]), 0);
    const now = await marginError(subject, point, path.label, c);
    margins.push({
      margin: logits[path.label] - logits[c],
      error: rounding + before + now,
      steepness: path.options.norm === 2 ? length(w) : w.reduce((sum, g) => sum + Math.abs(g), 0),
    });
  }
  return margins;
}

/** How far the engine's difference of two logits is from the exact one; NaN where rounding alone cannot have done it. */
async function marginError(
  { engine, network, input }: Subject,
  point: Float32Array,
  label: number,
  rival: number,
): Promise<number> {
  const { logits } = await engine.logits(point);
  const exact = jacobian64(network, input, Float64Array.from(point), new Int32Array(0)).logits;
  const error = Math.abs(logits[label] - logits[rival] - (exact[label] - exact[rival]));
  const largest = exact.reduce((most, v) => Math.max(most, Math.abs(v)), 0);
  return error <= 2 * LAYER_ERROR * largest ? error : Number.NaN;
}

/** The class with the largest logit but for the prediction on the image. */
async function rivalAfter(subject: Subject, path: Path, steps: number): Promise<number> {
  const { logits } = await subject.engine.logits(await pointAfter(subject, path, steps));
  return logits.reduce((best, v, c) => (c !== path.label && (best < 0 || v > logits[best]) ? c : best), -1);
}

/** Where the engine is after so many steps. */
async function pointAfter(
  { engine }: Subject,
  { image, options }: Path,
  steps: number,
): Promise<Float32Array> {
  if (steps === 0) return image;
  const { adversarial, perturbation } = await deepfool(engine, image, { ...options, steps });
  // "paper" goes past the boundary only in the end.
  if (options.profile !== "paper") return adversarial;
  return image.map((x, i) => x + perturbation[i] / 1.02);
}

/** Row k of a Jacobian `[K][size]` less row 0, the prediction's. */
function differenceOfRows(values: Float64Array, k: number, size: number): Float64Array {
  return values.slice(k * size, (k + 1) * size).map((v, i) => v - values[i]);
}

function length(x: Float64Array): number {
  return Math.sqrt(x.reduce((sum, v) => sum + v * v, 0));
}

function showFlip({ node, unit, distance, error }: Flip): string {
  return `${node}[${unit}] is ${show(distance)} from its kink in a layer off by ${show(error)}`;
}

function show(value: number): string {
  return value.toExponential(1);
}
