/**
 * Places of an axis by constant indices.
 *
 *     y[o, i, c] = x[o, indices[i], c],    dx[o, n, c] = sum over the i with indices[i] = n of dy[o, i, c]
 *
 *     o an index of the axes before, c of those behind, 0 <= i < number of indices.
 *
 * Used for channel shuffles, relative positions and tokens that are picked out. Layout: any shape.
 *
 * Error of a float32 evaluation: none forward; vjp (m - 1) u sum |dy|, m the indices that are the same, u = 2^-24.
 */
import { linear } from "../../float32/linear.js";
import { type Node, sizeOf } from "../../node.js";
import type { ReferenceOperator } from "../../reference_operator.js";
import { gather, scatterAdd } from "../../strided.js";
import { channelsOf } from "./map.js";
import type { Gather } from "./spec.js";

export const reference: ReferenceOperator<Gather> = {
  forward: (node, [x]) => gather(x, sourceOf(node)),
  vjp: (node, [x], _y, dy) => [scatterAdd(dy, sourceOf(node), x.length)],
};

/** The offset in the input of each output value. */
function sourceOf(node: Node<Gather>): Int32Array {
  const { axis, indices, shape, inputShapes } = node;
  const channels = channelsOf(node);
  return Int32Array.from({ length: sizeOf(shape) }, (_, at) => {
    const row = Math.floor(at / channels);
    const outer = Math.floor(row / indices.length);
    return (outer * inputShapes[0][axis] + indices[row % indices.length]) * channels + (at % channels);
  });
}

export const float32 = /* @__PURE__ */ linear<Gather>({
  reference,
  forward: () => 0,
  vjp: ({ indices }) => indices.length,
});
