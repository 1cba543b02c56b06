import type { Tensor } from "@tensorflow/tfjs-core";
import type { AnyOperator, Node, Shape } from "../node.js";
import type { TfNamespace } from "./namespace.js";

/**
 * One node of a network in tfjs operations, forward and backward.
 *
 * Values are `[N, ...shape]`; a value that does not depend on the image is `[1, ...shape]`. Cotangents of K
 * scores ride in the batch axis, `[N * K, ...shape]`, so one backward sweep serves all of them and the values
 * of the forward pass are not replicated. Everything is called inside `tf.tidy`.
 *
 * The backward formulas use forward kernels only. tfjs's own gradient kernels differ in speed and, on some
 * backends, in the result (tfjs-backend-wasm: max-pool wrong, filter and depthwise gradients missing;
 * tfjs-backend-cpu: resize wrong); the forward kernels are what every backend is tuned and tested for.
 */
export interface TfOperator {
  forward(inputs: readonly Tensor[]): Tensor;
  /**
   * The cotangent of each input that `Context.wanted` names, in order; null for the others. The results are
   * new tensors: `dy` is disposed of after the call.
   */
  vjp(inputs: readonly Tensor[], output: Tensor, dy: Tensor): readonly (Tensor | null)[];
}

/** What an operator is made with. */
export interface Context {
  readonly tf: TfNamespace;
  /** Uploads weights that live as long as the network. */
  readonly constant: (values: Float32Array, shape: Shape) => Tensor;
  /** For each input of the node: does it depend on the image? */
  readonly wanted: readonly boolean[];
}

export type MakeOperator<O extends AnyOperator = AnyOperator> = (
  node: Node<O>,
  context: Context,
) => TfOperator;

/** `[B, ...shape]` of the same values. */
export function withShape(tf: TfNamespace, x: Tensor, shape: Shape): Tensor {
  return tf.reshape(x, [-1, ...shape]);
}

/** `dy[n, k, i] * factor[n, i]` for cotangents `[N * K, ...]` and a factor `[N, ...]` or `[1, ...]`. */
export function scaleCotangents(tf: TfNamespace, dy: Tensor, factor: Tensor, images: number): Tensor {
  const size = factor.size / factor.shape[0];
  const rows = tf.reshape(dy, [images, -1, size]);
  return tf.reshape(tf.mul(rows, tf.reshape(factor, [factor.shape[0], 1, size])), dy.shape);
}

/** Float 0 or 1 from a comparison. */
export function indicator(tf: TfNamespace, condition: Tensor): Tensor {
  return tf.cast(condition, "float32");
}
