import type { Engine } from "../src/engines/engine.js";
import { createReferenceEngine } from "../src/engines/reference.js";
import { sizeOf } from "../src/network/spec.js";
import { type AttackOp, type Case, RADIUS, type Result } from "./case.js";
import type { BenchNetwork } from "./networks.js";
import type { Work } from "./work.js";

/** How a result compares with what it should be. Only a result that passes is timed. */
export interface Check {
  readonly passed: boolean;
  /** What it was compared with. */
  readonly against: string;
  /** The largest error found and how much is allowed, in `unit`. */
  readonly error: number;
  readonly allowed: number;
  readonly unit: string;
}

/** float32 against float64: the agreement that the project promises, relative to logits and to rows of the Jacobian. */
const PROMISED = 1e-4;
/**
 * Where a relu's input or a pooling pair is within rounding of a tie, two correct results differ by what flows
 * through one unit. Up to this a result is right if it is as precise as promised on another image.
 */
const TIE = 2e-2;
/** More multiply-adds a forward pass than this, and the float64 reference takes minutes. */
const REFERENCE_LIMIT = 1e9;

/**
 * Checks results of one network against stored results of another implementation where there are some, else against
 * the float64 reference, else (where that would take minutes) against the first result seen of the same case.
 */
export class Checker {
  private readonly reference?: Engine;
  private readonly first = new Map<string, { readonly by: string; readonly result: Result }>();
  private readonly rows = new Map<string, Float32Array>();
  private clean?: Float32Array;

  constructor(
    private readonly bench: BenchNetwork,
    work: Work | undefined,
  ) {
    if (work !== undefined && work.forward <= REFERENCE_LIMIT)
      this.reference = createReferenceEngine(bench.network, bench.input);
  }

  /**
   * @param by who computed it
   * @param again computes the same of one other image
   */
  async check(
    c: Case,
    result: Result,
    by: string,
    again: (image: number) => Promise<Result | undefined> = async () => undefined,
  ): Promise<Check> {
    const key = `${c.op}/${c.batch}/${c.classes}/${c.passes ?? 1}`;
    const first = this.first.get(key);
    if (!first) this.first.set(key, { by, result });
    switch (result.op) {
      case "logits":
        return this.checkLogits(result.logits, first);
      case "jacobian":
        return this.checkJacobian(c, result, first, again);
      case "deepfool":
      case "deepfool_foolbox":
      case "deepfool_step":
        return this.checkAttack(result, first);
      case "uap_pass":
        return checkUniversal(result, first);
    }
  }

  private async checkLogits(logits: Float32Array, first?: { by: string; result: Result }): Promise<Check> {
    const known = this.bench.known?.logits;
    const expected =
      known ?? (await this.cleanLogits()) ?? (first?.result as { logits?: Float32Array })?.logits;
    if (!expected) return unchecked("logits");
    const length = Math.min(expected.length, logits.length);
    let largest = 0;
    let error = 0;
    for (let i = 0; i < length; i++) {
      largest = Math.max(largest, Math.abs(expected[i]));
      error = Math.max(error, Math.abs(logits[i] - expected[i]));
    }
    const against = known ? "stored logits" : this.reference ? "reference" : (first?.by ?? "");
    return verdict(
      against,
      logits.length === 0 ? Number.NaN : error / largest,
      PROMISED,
      "of the largest logit",
    );
  }

  private async checkJacobian(
    c: Case,
    { values, classes }: Extract<Result, { op: "jacobian" }>,
    first: { by: string; result: Result } | undefined,
    again: (image: number) => Promise<Result | undefined>,
  ): Promise<Check> {
    const { network, known, images } = this.bench;
    const size = sizeOf(network.input.shape);
    const row = (r: number): Float32Array => values.subarray(r * size, (r + 1) * size);
    let error = 0;
    if (known?.jacobian) {
      const stored = known.jacobian;
      const perImage = classes.length / c.batch;
      const storedImages = stored.values.length / size / network.classes;
      for (let r = 0; r < Math.min(c.batch, storedImages) * perImage; r++) {
        const begin = Math.floor(r / perImage) * network.classes;
        const at = begin + stored.classes.subarray(begin, begin + network.classes).indexOf(classes[r]);
        error = Math.max(error, distance(row(r), stored.values.subarray(at * size, (at + 1) * size)));
      }
      return verdict("stored Jacobian", error, PROMISED, "of a row's norm");
    }
    if (this.reference) {
      // The first row of the first image; more would double what is a long wait for large networks.
      error = distance(row(0), await this.referenceRow(this.reference, 0, classes[0]));
      for (let image = 1; error > PROMISED && error <= TIE && image < Math.min(8, images.count); image++) {
        const other = await again(image);
        if (other?.op !== "jacobian") break;
        const [label] = other.classes;
        const right = await this.referenceRow(this.reference, image, label);
        const precise = distance(other.values.subarray(0, size), right);
        if (precise <= PROMISED) {
          const tie = `reference, one row of image ${image} (on image 0, where float32 ties, ${error.toExponential(1)})`;
          return verdict(tie, precise, PROMISED, "of a row's norm");
        }
      }
      return verdict("reference, one row", error, PROMISED, "of a row's norm");
    }
    if (first?.result.op !== "jacobian") return unchecked("jacobian");
    const other = first.result;
    for (let r = 0; r < classes.length; r++)
      if (other.classes[r] === classes[r])
        error = Math.max(error, distance(row(r), other.values.subarray(r * size, (r + 1) * size)));
    // Networks too large for the reference have so many units that some always tie.
    return verdict(first.by, error, TIE, "of a row's norm");
  }

  /** Perturbations that fool, and are as long as those of the others; the reference agrees on the first image. */
  private async checkAttack(
    { perturbation, labels, newLabels, iterations, op }: Extract<Result, { op: AttackOp }>,
    first?: { by: string; result: Result },
  ): Promise<Check> {
    const size = sizeOf(this.bench.network.input.shape);
    const count = labels.length;
    const moved = labels.filter((label, n) => newLabels[n] !== label).length;
    if (iterations.some((i) => i < 1)) return verdict("at least one step", Number.NaN, 0, "");
    if (op !== "deepfool_step" && moved < 0.95 * count)
      return verdict("share fooled", 1 - moved / count, 0.05, "not fooled");
    if (this.reference) {
      const shifted = this.bench.images.values.slice(0, size);
      for (let i = 0; i < size; i++) shifted[i] += perturbation[i];
      const [label] = (await this.reference.logits(shifted)).labels;
      if (label !== newLabels[0]) return verdict("reference's prediction", Number.NaN, 0, "");
    }
    const own = meanNorm(perturbation, count);
    const other = first?.result;
    if (other === undefined || !("iterations" in other))
      return verdict(this.reference ? "reference's prediction" : "fools", own > 0 ? 0 : Number.NaN, 0.02, "");
    const error = Math.abs(own / meanNorm(other.perturbation, count) - 1);
    return verdict(`${first?.by}: mean norm`, error, 0.02, "relative");
  }

  private async cleanLogits(): Promise<Float32Array | undefined> {
    if (!this.reference) return undefined;
    const { values, count } = this.bench.images;
    this.clean ??= (await this.reference.logits(values.subarray(0, values.length / count))).logits;
    return this.clean;
  }

  private async referenceRow(reference: Engine, image: number, label: number): Promise<Float32Array> {
    const size = sizeOf(this.bench.network.input.shape);
    const key = `${image}/${label}`;
    const known = this.rows.get(key);
    if (known) return known;
    const pixels = this.bench.images.values.subarray(image * size, (image + 1) * size);
    const { values } = await reference.jacobian(pixels, { classes: Int32Array.of(label) });
    this.rows.set(key, values);
    return values;
  }
}

function checkUniversal(
  { perturbation, rate }: Extract<Result, { op: "uap_pass" }>,
  first?: { by: string; result: Result },
): Check {
  const longest = perturbation.reduce((a, b) => Math.max(a, Math.abs(b)), 0);
  if (!(longest > 0 && longest <= RADIUS * (1 + 1e-6)))
    return verdict("the radius", longest / RADIUS, 1, "of the radius");
  // Runs of two implementations part at the first rounding that decides; only their rates can be compared.
  const other = first?.result.op === "uap_pass" ? first.result.rate : rate;
  const against = first ? `${first.by}: fooling rate` : "the radius";
  return verdict(against, rate > 0.05 ? Math.abs(rate - other) : Number.NaN, 0.25, "of the images");
}

function verdict(against: string, error: number, allowed: number, unit: string): Check {
  return { passed: error <= allowed, against, error, allowed, unit };
}

/** The first of its kind where nothing else is at hand: those that follow are compared with it. */
function unchecked(what: string): Check {
  return { passed: true, against: `nothing (first ${what})`, error: 0, allowed: 0, unit: "" };
}

/** ||a - b|| / ||b||. */
function distance(a: Float32Array, b: Float32Array): number {
  let difference = 0;
  let norm = 0;
  for (let i = 0; i < b.length; i++) {
    difference += (a[i] - b[i]) ** 2;
    norm += b[i] ** 2;
  }
  return b.length === 0 || a.length !== b.length ? Number.NaN : Math.sqrt(difference / norm);
}

function meanNorm(perturbations: Float32Array, count: number): number {
  const size = perturbations.length / count;
  let sum = 0;
  for (let n = 0; n < count; n++)
    sum += Math.sqrt(perturbations.subarray(n * size, (n + 1) * size).reduce((a, b) => a + b * b, 0));
  return sum / count;
}
