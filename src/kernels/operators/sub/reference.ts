/**
 * Element-wise difference with NumPy broadcasting: shapes are aligned at the last axis, and an axis of length 1 (or missing)
 * is repeated.
 *
 *     y[i] = x_0[i] - x_1[i],    dx_0[i] = dy[i],  dx_1[i] = -dy[i]
 *
 *     i an index of the output; dx_j is summed over the axes along which x_j is repeated.
 *
 * Used in preprocessing layers. Layout: any two broadcastable shapes; both may be the same value.
 *
 * Error of a float32 evaluation, u = 2^-24: u (|x_0| + |x_1|); vjp n u sum |dy| for n broadcast values.
 */
import { broadcastAll, repetitions, sumToShape } from "../../arithmetic/broadcasting.js";
import { linear } from "../../float32/linear.js";
import type { Node } from "../../node.js";
import type { ReferenceOperator } from "../../reference_operator.js";
import type { Sub } from "./spec.js";

export const reference: ReferenceOperator<Sub> = withSign(-1);

export const float32 = /* @__PURE__ */ linear<Sub>({
  reference,
  magnitude: /* @__PURE__ */ withSign(1),
  forward: () => 3,
  vjp: (node, input) => repetitions(node, input) + 1,
});

/** `x_0 + sign x_1`. */
function withSign(sign: 1 | -1): ReferenceOperator<Sub> {
  return {
    forward(node: Node<Sub>, inputs) {
      const [a, b] = broadcastAll(node, inputs);
      return a.map((v, i) => v + sign * b[i]);
    },
    vjp: ({ shape, inputShapes }, _inputs, _y, dy) => [
      sumToShape(dy, shape, inputShapes[0]),
      sumToShape(
        dy.map((v) => sign * v),
        shape,
        inputShapes[1],
      ),
    ],
  };
}
