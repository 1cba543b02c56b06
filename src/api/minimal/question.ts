/**
 * What the search for one image's perturbation asks the engine. A search is a generator: it yields a question and is resumed
 * with the answer, so that the searches of many images, each written as if it were alone, are answered in batches
 * (`answers.ts`), and none can depend on another.
 */
export type Question =
  | {
      readonly ask: "scores";
      readonly point: Float32Array;
    }
  | {
      /** Gradient of the margin: of the target over the best other or, without one, of the best other over the label. */
      readonly ask: "slope";
      readonly point: Float32Array;
      readonly target: number | undefined;
    }
  | {
      /** Rows of the Jacobian. */
      readonly ask: "rows";
      readonly point: Float32Array;
      readonly classes: Int32Array;
    }
  | {
      /** A whole DeepFool run away from the label. */
      readonly ask: "deepfool";
      readonly point: Float32Array;
    };

export interface Scores {
  /** `[C]`, none of them NaN. */
  readonly logits: Float32Array;
  readonly label: number;
}

export interface Slope extends Scores {
  /** max of the other logits - that of `label`; with a target its logit - max of the others. */
  readonly margin: number;
  /** Gradient of the margin, `[D]`. */
  readonly w: Float32Array;
}

export interface Rows {
  /** `[K][D]`. */
  readonly rows: Float32Array;
}

export interface DeepfoolAnswer {
  /** `[D]`, the overshoot included. */
  readonly perturbation: Float32Array;
  /** The point plus that. */
  readonly adversarial: Float32Array;
  readonly label: number;
  readonly iterations: number;
}

export type Answer = Scores | Slope | Rows | DeepfoolAnswer;

/** A part of a search, with what it finds. */
export type Search<T> = Generator<Question, T, Answer>;

// An answer is of the kind that was asked for; `answers.ts` sees to it.

export function* scoresAt(point: Float32Array): Search<Scores> {
  return (yield { ask: "scores", point }) as Scores;
}

export function* slopeAt(point: Float32Array, target: number | undefined): Search<Slope> {
  return (yield { ask: "slope", point, target }) as Slope;
}

export function* rowsAt(point: Float32Array, classes: Int32Array): Search<Rows> {
  return (yield { ask: "rows", point, classes }) as Rows;
}

export function* deepfoolFrom(point: Float32Array): Search<DeepfoolAnswer> {
  return (yield { ask: "deepfool", point }) as DeepfoolAnswer;
}
