/**
 * A sum along neighbouring axes, times a factor that depends on how many values it is of.
 *
 *     y[o, i] = f sum_r x[o, r, i],    dx[o, r, i] = f dy[o, i]
 *
 *     o an index of the axes before, i of those behind, 0 <= r < n an index of the axes that are reduced.
 *
 * Layout: any shape. Cost: a flop a value.
 *
 * Error of a float32 evaluation in any order, u = 2^-24: forward (n + 1) u f sum |x|; vjp 2 u f |dy|.
 */
import { linear } from "../float32/linear.js";
import type { Float32Rule } from "../float32/rule.js";
import type { AnyOperator } from "../node.js";
import type { ReferenceOperator } from "../reference_operator.js";
import { type ReducedAxes, reductionOf } from "./axes.js";

/** The factor of a sum of so many values. */
export type FactorOf = (count: number) => number;

export function scaledSum<O extends AnyOperator & ReducedAxes>(factorOf: FactorOf): ReferenceOperator<O> {
  return {
    forward(node, [x]) {
      const { outer, count, inner } = reductionOf(node);
      const y = new Float64Array(outer * inner);
      x.forEach((value, at) => {
        y[Math.floor(at / (count * inner)) * inner + (at % inner)] += value;
      });
      return y.map((sum) => factorOf(count) * sum);
    },
    vjp(node, [x], _y, dy) {
      const { count, inner } = reductionOf(node);
      return [
        x.map((_, at) => factorOf(count) * dy[Math.floor(at / (count * inner)) * inner + (at % inner)]),
      ];
    },
  };
}

export function scaledSumError<O extends AnyOperator & ReducedAxes>(factorOf: FactorOf): Float32Rule<O> {
  return linear<O>({
    reference: scaledSum<O>(factorOf),
    forward: (node) => reductionOf(node).count + 4,
    vjp: () => 4,
  });
}
