import type { Tensor, Tensor3D } from "@tensorflow/tfjs-core";
import type { MakeOperator } from "../../tfjs/operator.js";
import { productOf } from "./product.js";
import type { MatMul } from "./spec.js";

/** Batched products of rank 3: the images and the leading axes are one axis, and the K cotangents of an image are beside its rows. */
export const make: MakeOperator<MatMul> = (node, { tf, wanted }) => {
  const { batches, rows, columns, depth, a: ofA, b: ofB } = productOf(node);
  const { transposeB = false } = node;
  /** Of an operand, `[N batches, ..]`, repeated where it is one for all images or for all products. */
  const operand = (x: Tensor, of: { readonly batch: number }, images: number, axes: [number, number]) => {
    const own = tf.reshape(x, [x.shape[0], of.batch === 0 ? 1 : batches, ...axes]);
    const all =
      own.shape[0] === images && own.shape[1] === batches
        ? own
        : tf.mul(own, tf.ones([images, batches, 1, 1]));
    return tf.reshape(all, [images * batches, ...axes]) as Tensor3D;
  };
  const both = (a: Tensor, b: Tensor, images: number) =>
    [
      operand(a, ofA, images, [rows, depth]),
      operand(b, ofB, images, transposeB ? [columns, depth] : [depth, columns]),
    ] as const;
  return {
    forward([a, b]) {
      const images = Math.max(a.shape[0], b.shape[0]);
      const [x, y] = both(a, b, images);
      return tf.reshape(tf.matMul(x, y, false, transposeB), [images, ...node.shape]);
    },
    vjp([a, b], _y, dy) {
      const images = Math.max(a.shape[0], b.shape[0]);
      const lanes = dy.shape[0] / images;
      const g = tf.reshape(dy, [images, lanes, batches, rows, columns]);
      const [x, y] = both(a, b, images);
      /** From products as `[N, batches, ...axes]` to the cotangents of operand j, by `perm` in its order behind N, K and batches. */
      const back = (
        made: Tensor,
        axes: number[],
        perm: number[],
        of: { readonly batch: number },
        j: number,
      ) => {
        const turned = tf.transpose(tf.reshape(made, [images, batches, ...axes]), perm);
        const summed = of.batch === 0 && batches > 1 ? tf.sum(turned, 2) : turned;
        return tf.reshape(summed, [images * lanes, ...node.inputShapes[j]]);
      };
      const da = () => {
        // [N, batches, K, M, N'] -> K and M are the rows.
        const beside = tf.reshape(tf.transpose(g, [0, 2, 1, 3, 4]), [
          images * batches,
          lanes * rows,
          columns,
        ]);
        const made = tf.matMul(beside as Tensor3D, y, false, !transposeB);
        return back(made, [lanes, rows, depth], [0, 2, 1, 3, 4], ofA, 0);
      };
      const db = () => {
        // [N, batches, M, K, N'] -> K and N' are the columns.
        const beside = tf.reshape(tf.transpose(g, [0, 2, 3, 1, 4]), [
          images * batches,
          rows,
          lanes * columns,
        ]);
        const made = tf.matMul(x, beside as Tensor3D, true, false);
        return back(made, [depth, lanes, columns], transposeB ? [0, 3, 1, 4, 2] : [0, 3, 1, 2, 4], ofB, 1);
      };
      return [wanted[0] ? da() : null, wanted[1] ? db() : null];
    },
  };
};
