import { writePoint } from "../../kernels/deepfool_step/reference.js";
import { runnerUp } from "../../kernels/losses/reference.js";
import { type Scores, type Search, type Slope, scoresAt, slopeAt } from "./question.js";

/** What does not differ between the images of a call. */
export interface Terms {
  readonly norm: 2 | typeof Infinity;
  /** Pixels of perturbed images stay within; may be infinite. */
  readonly bounds: readonly [number, number];
  /** high - low of the engine's range, the unit of lengths that are published for images in [0, 1]. */
  readonly width: number;
  /** Candidates and overshoot of DeepFool, and its most steps. */
  readonly classes: number;
  readonly overshoot: number;
  readonly deepfoolSteps: number;
}

/** A point and how it lies to the image, `[D]`. */
export interface Placed {
  /** image + perturbation, the very point that is judged. */
  readonly point: Float32Array;
  readonly perturbation: Float32Array;
}

/** A point that was judged. */
export interface Candidate extends Placed {
  readonly norm: number;
  readonly label: number;
  /** `[C]`; empty where the point is not finite. */
  readonly logits: Float32Array;
  /** Positive where it fools, 0 at a boundary, see `Slope`; -Infinity where a pixel or a logit is not finite. */
  readonly margin: number;
  readonly fools: boolean;
}

/** One image, what is looked for, and what was found on the way: the smallest adversarial seen is kept. */
export class Trail {
  iterations = 0;
  gradients = 0;
  /** The last gradient asked for was 0 or not finite, so that there was nowhere to go. */
  starved = false;
  best: Candidate | undefined;

  /** The prediction at the image, once that was judged. */
  label = 0;

  constructor(
    readonly image: Float32Array,
    readonly target: number | undefined,
    readonly terms: Terms,
  ) {}

  /** Judges the image itself, which fools where its prediction is the target. */
  *start(): Search<Candidate> {
    const scores = yield* scoresAt(this.image);
    this.label = scores.label;
    return this.keep({ point: this.image, perturbation: new Float32Array(this.image.length) }, scores);
  }

  reached(label: number): boolean {
    return this.target === undefined ? label !== this.label : label === this.target;
  }

  /** image + factor r, clipped. */
  place(r: Float64Array, factor = 1): Placed & { readonly finite: boolean } {
    const point = new Float32Array(r.length);
    const perturbation = new Float32Array(r.length);
    writePoint(this.image, r, factor, this.terms.bounds, point, perturbation);
    return { point, perturbation, finite: point.every(Number.isFinite) };
  }

  /** Judges image + factor r, clipped. A point that overflows, or where a logit does, does not fool. */
  *judge(r: Float64Array, factor = 1): Search<Candidate> {
    const { finite, ...placed } = this.place(r, factor);
    if (finite) return this.keep(placed, yield* scoresAt(placed.point));
    const norm = normOf(placed.perturbation, this.terms.norm);
    const nothing = { label: this.label, logits: new Float32Array(), margin: -Infinity, fools: false };
    return { ...placed, ...nothing, norm };
  }

  /** A point whose scores are known; it is kept if it is the shortest that fools. */
  keep({ point, perturbation }: Placed, { logits, label }: Scores): Candidate {
    const finite = logits.every(Number.isFinite);
    const candidate = {
      ...{ point, perturbation, label, logits },
      norm: normOf(perturbation, this.terms.norm),
      margin: finite ? marginOf(logits, this.label, this.target) : -Infinity,
      fools: finite && this.reached(label),
    };
    if (candidate.fools && candidate.norm < (this.best?.norm ?? Infinity)) this.best = candidate;
    return candidate;
  }

  /** The margin's gradient; `starved` says whether it leads anywhere. */
  *slope(point: Float32Array, target = this.target): Search<Slope> {
    const slope = yield* slopeAt(point, target);
    this.gradients++;
    this.starved = !leads(slope.w) || !Number.isFinite(slope.margin);
    return slope;
  }
}

/** True where a gradient is finite and not 0. */
export function leads(w: Float32Array): boolean {
  let any = false;
  for (const value of w) {
    if (!Number.isFinite(value)) return false;
    any ||= value !== 0;
  }
  return any;
}

/** ||r||_p in float64. */
export function normOf(r: ArrayLike<number>, p: 1 | 2 | typeof Infinity): number {
  let sum = 0;
  for (let i = 0; i < r.length; i++) {
    const size = Math.abs(r[i]);
    if (p === Infinity) sum = Math.max(sum, size);
    else sum += p === 2 ? size * size : size;
  }
  return p === 2 ? Math.sqrt(sum) : sum;
}

/** <a, b> in float64. */
export function dot(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i] * b[i];
  return sum;
}

function marginOf(logits: Float32Array, label: number, target: number | undefined): number {
  const own = target ?? label;
  const gap = logits[runnerUp(logits, own)] - logits[own];
  return target === undefined ? gap : -gap;
}
