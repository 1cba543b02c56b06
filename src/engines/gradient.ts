/** Options of `Engine.gradient`: the scalar of each image's logits z, and what becomes of its gradient. */
export type GradientOptions = LossOptions & {
  /** The sum of the images' gradients, `[H][W][C]`, instead of each. Default false. */
  readonly sum?: boolean;
  /** v, `[H][W][C]`: the gradients at image + v, rounded to float32. Default 0. */
  readonly shift?: Float32Array;
  /** image + v is clipped to these bounds; the gradient is 0 where it lies outside. Default: it is not. */
  readonly bounds?: readonly [number, number];
  /** Where to write the values; at least as long, in memory of its own. */
  readonly out?: Float32Array;
  /** Ends the call early; the engine goes on. */
  readonly signal?: AbortSignal;
};

/**
 * A scalar L of the logits z, which the gradient ascends. Formulas: `kernels/losses/reference.ts`. `labels`, `[N]`, are the
 * predictions to leave; with `targeted` the classes to come to.
 */
export type LossOptions =
  | {
      /** min(-log softmax(z)_y, beta): an image at the clamp has a zero gradient and costs no backward pass. */
      readonly loss: "crossEntropy";
      readonly labels: ArrayLike<number>;
      readonly targeted?: boolean;
      /** Default Infinity; not with `targeted`. */
      readonly beta?: number;
    }
  | {
      /** -z_y. */
      readonly loss: "logit";
      readonly labels: ArrayLike<number>;
      readonly targeted?: boolean;
    }
  | {
      /** -max(z_y - max of the others, -kappa): an image that is fooled by kappa has a zero gradient. */
      readonly loss: "margin";
      readonly labels: ArrayLike<number>;
      readonly targeted?: boolean;
      /** Default 10; Infinity never stops. */
      readonly kappa?: number;
    }
  | {
      /** Minus the cosine of z and the logits of the clean image: needs no label. */
      readonly loss: "cosine";
      /** Logits of the clean images, `[N][C]`. */
      readonly clean: Float32Array;
    }
  | {
      /** Cotangents of the logits, `[N][C]`: L = sum_c cotangent_c z_c. */
      readonly cotangents: Float32Array;
    };

export interface Gradient {
  /** `[N][H][W][C]`, or `[H][W][C]` with `sum`. */
  readonly values: Float32Array;
  /** `[N][C]`. */
  readonly logits: Float32Array;
  /** L of each image, `[N]`. */
  readonly losses: Float32Array;
}
