import type { Tensor } from "@tensorflow/tfjs-core";
import { type AnyOperator, type Shape, sizeOf } from "../node.js";
import type { TfNamespace } from "../tfjs/namespace.js";
import { type MakeOperator, scaleCotangents } from "../tfjs/operator.js";

export interface TfArithmetic {
  /** On operands with all axes spelled out. */
  combine(a: Tensor, b: Tensor): Tensor;
  /**
   * What the cotangent is multiplied by on its way to operand j: a tensor that broadcasts to the output, 1 or -1.
   *
   * @param inputs all operands, with all axes spelled out
   */
  factor(inputs: readonly Tensor[], j: number): Tensor | 1 | -1;
}

/** Element-wise arithmetic with broadcasting of per-image shapes. */
export function arithmetic<O extends AnyOperator>(of: (tf: TfNamespace) => TfArithmetic): MakeOperator<O> {
  return (node, { tf, wanted }) => {
    const { shape, inputShapes } = node;
    const { combine, factor } = of(tf);
    // The batch axis comes first, so missing axes must be spelled out after it.
    const aligned = (x: Tensor, j: number) =>
      tf.reshape(x, [
        x.shape[0],
        ...new Array<number>(shape.length - inputShapes[j].length).fill(1),
        ...inputShapes[j],
      ]);
    return {
      forward: (inputs) => inputs.map(aligned).reduce(combine),
      vjp: (inputs, _output, dy) =>
        inputs.map((_, j) => {
          if (!wanted[j]) return null;
          const f = factor(inputs.map(aligned), j);
          const dx =
            typeof f === "number"
              ? f === 1
                ? tf.clone(dy)
                : tf.neg(dy)
              : scaleCotangents(tf, dy, spread(tf, f, shape), f.shape[0] === 1 ? 1 : batchOf(inputs));
          return sumToShape(tf, dx, shape, inputShapes[j]);
        }),
    };
  };
}

/** Number of images: a value that does not depend on them has one. */
function batchOf(inputs: readonly Tensor[]): number {
  return Math.max(...inputs.map((x) => x.shape[0]));
}

/** x repeated to `[B, ...shape]`. */
function spread(tf: TfNamespace, x: Tensor, shape: Shape): Tensor {
  return x.size === x.shape[0] * sizeOf(shape) ? x : tf.mul(x, tf.ones([1, ...shape]));
}

/** The transpose of broadcasting: sums over the axes along which a value was repeated. */
function sumToShape(tf: TfNamespace, dy: Tensor, from: Shape, to: Shape): Tensor {
  const missing = from.length - to.length;
  const repeated = from.flatMap((n, axis) =>
    axis < missing || (to[axis - missing] === 1 && n !== 1) ? [axis + 1] : [],
  );
  const summed = repeated.length > 0 ? tf.sum(dy, repeated, true) : dy;
  return tf.reshape(summed, [dy.shape[0], ...to]);
}
