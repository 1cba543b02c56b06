import { InvalidArgumentError } from "../errors.js";
import type { Loss } from "../kernels/losses/reference.js";
import { type Shape, sizeOf } from "../network/spec.js";
import { checkOptions, checkOut, checkSignal, countImages, show } from "./arguments.js";
import type { GradientRequest } from "./backend.js";
import type { GradientOptions } from "./gradient.js";
import type { Shift } from "./shift.js";

const CALLER = "gradient";
const EXAMPLE = '{ loss: "crossEntropy", labels }';
const ANY_LOSS = ["sum", "shift", "bounds", "out", "signal"];
/** The options of each loss besides those of any. */
const OF_LOSS = {
  crossEntropy: ["loss", "labels", "targeted", "beta"],
  logit: ["loss", "labels", "targeted"],
  margin: ["loss", "labels", "targeted", "kappa"],
  cosine: ["loss", "clean"],
} as const;

/** All options in one, as they may come from callers without types. */
interface AnyOptions {
  readonly loss?: unknown;
  readonly labels?: unknown;
  readonly targeted?: unknown;
  readonly beta?: unknown;
  readonly kappa?: unknown;
  readonly clean?: unknown;
  readonly cotangents?: unknown;
  readonly sum?: unknown;
  readonly shift?: unknown;
  readonly bounds?: unknown;
}

/**
 * Checks the arguments of an engine's `gradient` and takes copies of all but the images.
 *
 * @throws InvalidArgumentError for whatever is wrong
 */
export function gradientArguments(
  images: Float32Array,
  options: GradientOptions,
  shape: Shape,
  classes: number,
): GradientRequest {
  const size = sizeOf(shape);
  const count = countImages(CALLER, images, shape);
  checkOptions(CALLER, options, knownOptions(options), EXAMPLE);
  const given: AnyOptions = options;
  const { out, signal } = options;
  checkSignal(CALLER, signal);
  const sum = flag("sum", given.sum);
  const loss = lossOf(given, count, classes);
  const shift = shiftOf(given, shape);
  const needed = (sum ? 1 : count) * size;
  const values = checkOut(CALLER, out, needed, { images }).subarray(0, needed);
  return { loss, sum, shift, values, signal: signal ?? undefined };
}

function knownOptions(options: unknown): readonly string[] {
  if (typeof options !== "object" || options === null) return [];
  const { loss, cotangents } = options as AnyOptions;
  if (loss === undefined && cotangents !== undefined) return ["cotangents", ...ANY_LOSS];
  if (!isLoss(loss))
    wrong("loss", show(loss), `${Object.keys(OF_LOSS).map(show).join(" or ")}, or cotangents without a loss`);
  return [...OF_LOSS[loss], ...ANY_LOSS];
}

function isLoss(loss: unknown): loss is keyof typeof OF_LOSS {
  return typeof loss === "string" && Object.hasOwn(OF_LOSS, loss);
}

function lossOf(given: AnyOptions, count: number, classes: number): Loss {
  const { loss } = given;
  if (!isLoss(loss))
    return { loss: "cotangents", cotangents: rowsOf("cotangents", given.cotangents, count, classes) };
  if (loss === "cosine") return { loss, clean: rowsOf("clean", given.clean, count, classes) };
  const labels = labelsOf(given.labels, count, classes);
  const targeted = flag("targeted", given.targeted);
  switch (loss) {
    case "logit":
      return { loss, labels, targeted };
    case "crossEntropy":
      if (targeted && given.beta !== undefined)
        wrong("beta", show(given.beta), "none with targeted, whose loss has no clamp");
      return { loss, labels, targeted, beta: threshold("beta", given.beta, Infinity) };
    case "margin":
      if (classes < 2) wrong("loss", '"margin"', "another for a network of one class");
      return { loss, labels, targeted, kappa: threshold("kappa", given.kappa, 10) };
  }
}

function shiftOf({ shift, bounds }: AnyOptions, shape: Shape): Shift | undefined {
  if (shift === undefined) {
    if (bounds !== undefined) wrong("bounds", show(bounds), "none without shift");
    return undefined;
  }
  if (countImages(CALLER, shift as Float32Array, shape, "shift") !== 1)
    wrong(
      "shift",
      `${(shift as Float32Array).length} values`,
      `${sizeOf(shape)} (${shape.join("x")}), one image`,
    );
  const perturbation = (shift as Float32Array).slice();
  if (bounds === undefined) return { perturbation };
  if (
    !Array.isArray(bounds) ||
    bounds.length !== 2 ||
    !bounds.every(Number.isFinite) ||
    bounds[0] >= bounds[1]
  )
    wrong("bounds", show(bounds), "[low, high] with low < high");
  return { perturbation, bounds: [bounds[0], bounds[1]] };
}

/** Class indices of any integer array, or of a plain one, `[N]`. */
function labelsOf(labels: unknown, count: number, classes: number): Int32Array {
  const given = labels as ArrayLike<number>;
  if (!Array.isArray(labels) && !(ArrayBuffer.isView(labels) && !(labels instanceof DataView)))
    wrong("labels", show(labels), `an array of ${count} class indices, one an image`);
  if (given.length !== count)
    wrong("labels", `${given.length} values`, `${count} class indices, one an image`);
  for (let n = 0; n < count; n++)
    if (!Number.isInteger(given[n]) || given[n] < 0 || given[n] >= classes)
      wrong(`labels[${n}]`, show(given[n]), `an integer from 0 to ${classes - 1}`);
  return Int32Array.from(given);
}

/** Finite numbers, one a class and image, `[N][C]`. */
function rowsOf(name: string, rows: unknown, count: number, classes: number): Float32Array {
  if (!(rows instanceof Float32Array) || rows.length !== count * classes)
    wrong(
      name,
      rows instanceof Float32Array ? `${rows.length} values` : show(rows),
      `a Float32Array of ${count} x ${classes}`,
    );
  const at = rows.findIndex((value) => !Number.isFinite(value));
  if (at >= 0) wrong(`${name}[${at}]`, `${rows[at]}`, "finite values");
  return rows.slice();
}

function threshold(name: string, value: unknown, usual: number): number {
  if (value === undefined) return usual;
  if (typeof value !== "number" || !(value > 0)) wrong(name, show(value), "a positive number or Infinity");
  return value;
}

function flag(name: string, value: unknown): boolean {
  if (value !== undefined && typeof value !== "boolean") wrong(name, show(value), "true or false");
  return value === true;
}

function wrong(name: string, found: string, expected: string): never {
  throw new InvalidArgumentError(
    `${CALLER}: ${name} ${found.endsWith("values") ? "has" : "is"} ${found}, expected ${expected}`,
  );
}
