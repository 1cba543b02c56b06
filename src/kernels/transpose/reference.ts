/**
 * Permutation of axes.
 *
 *     y[i_0, i_1, ..] = x[j_0, j_1, ..]  with  j_{perm[a]} = i_a;    shape[a] = inputShape[perm[a]]
 *
 * The vjp is the inverse permutation.
 *
 * Layout: any rank. Copies only: exact in float32.
 */
import type { Node, Transpose } from "../../network/spec.js";
import type { ReferenceOperator } from "../reference_operator.js";
import { gather, rowMajorStrides, scatterAdd, stridedOffsets } from "../strided.js";

export const transpose: ReferenceOperator<Transpose> = {
  forward(node, [x]) {
    return gather(x, permuted(node));
  },

  vjp(node, [x], _y, dy) {
    return [scatterAdd(dy, permuted(node), x.length)];
  },
};

/** The offset in the input of each output value. */
function permuted({ perm, shape, inputShapes }: Node<Transpose>): Int32Array {
  const strides = rowMajorStrides(inputShapes[0]);
  return stridedOffsets(
    shape,
    perm.map((axis) => strides[axis]),
  );
}
