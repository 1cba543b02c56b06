/**
 * Concatenation along axis a.
 *
 *     y[.., i_a + start_j, ..] = x_j[.., i_a, ..],    start_j = sum_{l < j} n_l,  0 <= i_a < n_j
 *
 * n_j the length of axis a of input j. The vjp cuts dy into the same pieces. Used in Inception, SqueezeNet's
 * fire modules and DenseNet; there a is the channel axis.
 *
 * Layout: inputs of equal shape but for axis a; the same value may appear twice. Copies only: exact in float32.
 */
import { moves } from "../../float32/linear.js";
import { type Node, sizeOf } from "../../node.js";
import type { ReferenceOperator } from "../../reference_operator.js";
import { gather, rowMajorStrides, stridedOffsets } from "../../strided.js";
import type { Concat } from "./spec.js";

export const reference: ReferenceOperator<Concat> = {
  forward(node, inputs) {
    const y = new Float64Array(sizeOf(node.shape));
    pieces(node).forEach((offsets, j) => {
      for (let i = 0; i < offsets.length; i++) y[offsets[i]] = inputs[j][i];
    });
    return y;
  },

  vjp(node, _inputs, _y, dy) {
    return pieces(node).map((offsets) => gather(dy, offsets));
  },
};

export const float32 = /* @__PURE__ */ moves(reference);

/** For each input, the offset in the output of each of its values. */
function pieces({ axis, shape, inputShapes }: Node<Concat>): Int32Array[] {
  const strides = rowMajorStrides(shape);
  let start = 0;
  return inputShapes.map((inputShape) => {
    const offsets = stridedOffsets(inputShape, strides, start * strides[axis]);
    start += inputShape[axis];
    return offsets;
  });
}
