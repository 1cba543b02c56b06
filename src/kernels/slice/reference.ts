/**
 * A contiguous block of the input.
 *
 *     y[i_0, i_1, ..] = x[i_0 + starts[0], i_1 + starts[1], ..],    0 <= i_a < ends[a] - starts[a]
 *
 * The vjp puts dy back in its place and zero elsewhere. Used for cropping layers.
 *
 * Layout: any rank, `0 <= starts[a] < ends[a] <= shape[a]`. Copies only: exact in float32.
 */
import type { Node, Slice } from "../../network/spec.js";
import type { ReferenceOperator } from "../reference_operator.js";
import { gather, rowMajorStrides, scatterAdd, stridedOffsets } from "../strided.js";

export const slice: ReferenceOperator<Slice> = {
  forward(node, [x]) {
    return gather(x, block(node));
  },

  vjp(node, [x], _y, dy) {
    return [scatterAdd(dy, block(node), x.length)];
  },
};

/** The offset in the input of each output value. */
function block({ starts, shape, inputShapes }: Node<Slice>): Int32Array {
  const strides = rowMajorStrides(inputShapes[0]);
  const start = strides.reduce((sum, stride, axis) => sum + starts[axis] * stride, 0);
  return stridedOffsets(shape, strides, start);
}
