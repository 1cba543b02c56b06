import type { Tensor } from "@tensorflow/tfjs-core";
import { type Arithmetic, type Shape, sizeOf } from "../../../network/spec.js";
import type { TfNamespace } from "../namespace.js";
import { type MakeOperator, scaleCotangents } from "./operator.js";

/** Sum, difference and product with broadcasting of per-image shapes. */
export const makeArithmetic: MakeOperator<Arithmetic> = (node, { tf, wanted }) => {
  const { op, shape, inputShapes } = node;
  const combine = op === "Add" ? tf.add : op === "Sub" ? tf.sub : tf.mul;
  // The batch axis comes first, so missing axes must be spelled out after it.
  const aligned = (x: Tensor, j: number) =>
    tf.reshape(x, [
      x.shape[0],
      ...new Array<number>(shape.length - inputShapes[j].length).fill(1),
      ...inputShapes[j],
    ]);
  return {
    forward: (inputs) => inputs.map(aligned).reduce((y, x) => combine(y, x)),
    vjp: (inputs, _output, dy) =>
      inputs.map((_, j) => {
        if (!wanted[j]) return null;
        let dx = op === "Sub" && j === 1 ? tf.neg(dy) : tf.clone(dy);
        if (op === "Mul") {
          const others = inputs.map(aligned).filter((_x, l) => l !== j);
          for (const other of others)
            dx = scaleCotangents(
              tf,
              dx,
              spread(tf, other, shape),
              other.shape[0] === 1 ? 1 : batchOf(inputs),
            );
        }
        return sumToShape(tf, dx, shape, inputShapes[j]);
      }),
  };
};

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
