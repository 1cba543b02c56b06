import { EngineError } from "../errors.js";
import { argmax } from "../kernels/top_classes/reference.js";

/**
 * A logit that is NaN. No label, distance or gradient can be told from it, so a call that meets one, at an image or at a
 * point that DeepFool comes to, has no answer: it rejects with this, and the engine goes on. Infinite logits have an order
 * and are answered.
 */
export class NotANumber extends EngineError {
  static override readonly name = "EngineError";
  /**
   * @param caller the public function that was called
   * @param image index in the batch of that call
   * @param steps DeepFool's steps from there
   */
  constructor(
    caller: string,
    override readonly image: number,
    readonly steps = 0,
  ) {
    const where = steps === 0 ? "" : ` after ${steps} step${steps === 1 ? "" : "s"}`;
    super(
      `${caller}: a logit of image ${image} is NaN${where}, expected numbers; a value of the network overflows there, ` +
        "or one of its weights is NaN",
    );
  }
}

/** Where an image of a part of a call lies in the whole call. */
export type Place = (image: number) => { readonly image: number; readonly steps?: number };

/** @throws NotANumber if a logit of `[N][classes]` is NaN, named by its place in the call */
export function assertNumbers(
  caller: string,
  logits: Float32Array,
  classes: number,
  placeOf: Place = (image) => ({ image }),
): void {
  const at = logits.findIndex(Number.isNaN);
  if (at < 0) return;
  const { image, steps } = placeOf(Math.floor(at / classes));
  throw new NotANumber(caller, image, steps);
}

/**
 * Predictions `[N]` from logits `[N][classes]`.
 *
 * @throws NotANumber if one of the logits is NaN
 */
export function labelsOf(caller: string, logits: Float32Array, classes: number): Int32Array {
  assertNumbers(caller, logits, classes);
  return Int32Array.from({ length: logits.length / classes }, (_, n) => argmax(logits, n * classes, classes));
}

/** Awaits a part of a call; a `NotANumber` of the part becomes one of the call. */
export async function asPartOf<T>(caller: string, placeOf: Place, part: () => Promise<T>): Promise<T> {
  try {
    return await part();
  } catch (error) {
    if (!(error instanceof NotANumber)) throw error;
    const { image, steps = error.steps } = placeOf(error.image);
    throw new NotANumber(caller, image, steps);
  }
}
