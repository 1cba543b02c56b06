/**
 * Zero padding of the spatial axes.
 *
 *     y[i + top, j + left, c] = x[i, j, c],  0 elsewhere;    dx[i, j, c] = dy[i + top, j + left, c]
 *
 *     0 <= i < H, 0 <= j < W, 0 <= c < C
 *
 * Layout: x `[H, W, C]`, y `[top + H + bottom, left + W + right, C]`. Copies only: exact in float32.
 */
import { moves } from "../../float32/linear.js";
import { type Node, sizeOf } from "../../node.js";
import type { ReferenceOperator } from "../../reference_operator.js";
import { gather, rowMajorStrides, scatterAdd, stridedOffsets } from "../../strided.js";
import type { Pad } from "./spec.js";

export const reference: ReferenceOperator<Pad> = {
  forward(node, [x]) {
    return scatterAdd(x, interior(node), sizeOf(node.shape));
  },

  vjp(node, _x, _y, dy) {
    return [gather(dy, interior(node))];
  },
};

export const float32 = /* @__PURE__ */ moves(reference);

/** The offset in the output of each input value. */
function interior({ pads: [top, left], shape, inputShapes }: Node<Pad>): Int32Array {
  const strides = rowMajorStrides(shape);
  return stridedOffsets(inputShapes[0], strides, top * strides[0] + left * strides[1]);
}
