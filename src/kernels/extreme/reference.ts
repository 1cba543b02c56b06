/**
 * The largest or the smallest of values, element by element, with NumPy broadcasting: shapes are aligned at the last axis, and
 * an axis of length 1 (or missing) is repeated.
 *
 *     y[i] = max_j x_j[i],    dx_j[i] = dy[i] if j is the first with x_j[i] = y[i], else 0
 *
 *     i an index of the output, 0 <= j < number of inputs; dx_j is summed over the axes along which x_j is repeated.
 *
 * The first of the equal gets the cotangent, as in a max-pool. NaN wins against everything, as in NumPy.
 *
 * Error of a float32 evaluation: none but where another is as near, for the operands' own errors; vjp n u sum |dy| for n
 * broadcast values.
 */
import { broadcastAll, sumToShape } from "../arithmetic/broadcasting.js";
import type { AnyOperator } from "../node.js";
import type { ReferenceOperator } from "../reference_operator.js";

/** The one of two that wins; NaN if either is. */
export type Choose = (a: number, b: number) => number;

export function extremeReference<O extends AnyOperator>(choose: Choose): ReferenceOperator<O> {
  return {
    forward: (node, inputs) => broadcastAll(node, inputs).reduce((y, x) => y.map((v, i) => choose(v, x[i]))),
    vjp(node, inputs, _y, dy) {
      const operands = broadcastAll(node, inputs);
      const winners = dy.map((_, i) => {
        const best = operands.map((x) => x[i]).reduce((a, b) => choose(a, b));
        return operands.findIndex((x) => x[i] === best);
      });
      return node.inputShapes.map((shape, j) =>
        sumToShape(
          dy.map((g, i) => (winners[i] === j ? g : 0)),
          node.shape,
          shape,
        ),
      );
    },
  };
}
