/**
 * The largest value along neighbouring axes.
 *
 *     y[o, i] = max_r x[o, r, i],    dx[o, r, i] = (r is the first with the maximum) ? dy[o, i] : 0,    0 <= r < n
 *
 *     o an index of the axes before, i of those behind.
 *
 * Layout: any shape. Cost: a comparison a value. A NaN wins if it comes first, as in a max-pool.
 *
 * Error of a float32 evaluation: none either way.
 */
import { maximum } from "../../float32/maximum.js";
import type { Node } from "../../node.js";
import { reductionOf } from "../../reduction/axes.js";
import type { ReferenceOperator } from "../../reference_operator.js";
import type { ReduceMax } from "./spec.js";

export const reference: ReferenceOperator<ReduceMax> = {
  forward: (node, [x]) => Float64Array.from(winnersOf(node, x), (winner) => x[winner]),
  vjp(node, [x], _y, dy) {
    const dx = new Float64Array(x.length);
    winnersOf(node, x).forEach((winner, result) => {
      dx[winner] = dy[result];
    });
    return [dx];
  },
};

/** For each result the offsets of what it is the largest of. */
function members(node: Node<ReduceMax>): number[][] {
  const { outer, count, inner } = reductionOf(node);
  return Array.from({ length: outer * inner }, (_, result) => {
    const first = Math.floor(result / inner) * count * inner + (result % inner);
    return Array.from({ length: count }, (_value, r) => first + r * inner);
  });
}

function winnersOf(node: Node<ReduceMax>, x: Float64Array): number[] {
  return members(node).map((units) => units.reduce((best, unit) => (x[unit] > x[best] ? unit : best)));
}

export const float32 = /* @__PURE__ */ maximum<ReduceMax>({ reference, members });
