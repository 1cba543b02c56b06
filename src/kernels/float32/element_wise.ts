import type { AnyOperator } from "../node.js";
import type { ReferenceOperator } from "../reference_operator.js";
import { type Float32Rule, type Tie, U } from "./rule.js";

export interface FunctionError<O extends AnyOperator> {
  readonly reference: ReferenceOperator<O>;
  /** Units of roundoff of a float32 evaluation, times max(1, |x|) for the value, times 1 for the derivative. */
  readonly constant: (operator: O) => number;
  /** Units of roundoff at x, times |y| for the value, times |f'| for the derivative; 0: both are within bounds. Default 0. */
  readonly relative?: (operator: O, x: number) => number;
  /**
   * How much the derivative changes, at most, for each 1 of x between the function's kinks; Infinity: it has none, so
   * that all of its change is smooth.
   */
  readonly bend: number;
}

/**
 * A function of each value by itself: an inexact input moves it, and its derivative, as much as they vary over
 * `[x - error, x + error]`. What more the derivative varies than it may between kinks is a jump, and the unit a tie.
 */
export function elementWise<O extends AnyOperator>({
  reference,
  constant,
  relative = () => 0,
  bend,
}: FunctionError<O>): Float32Rule<O> {
  return {
    forward(node, [{ value: x, error }], value) {
      const variation = variationOf(x, error, (shifted) => reference.forward(node, [shifted]));
      const c = constant(node);
      return {
        error: value.map(
          (y, i) => variation[i] + U * (c * Math.max(1, Math.abs(x[i])) + relative(node, x[i]) * Math.abs(y)),
        ),
        magnitude: value.map(Math.abs),
      };
    },
    vjp(node, [{ value: x, error }], output) {
      const ones = x.map(() => 1);
      const derivative = (shifted: Float64Array) => reference.vjp(node, [shifted], output, ones)[0];
      const slope = derivative(x);
      const whole = variationOf(x, error, derivative);
      const smooth = whole.map((v, i) => (bend === Infinity ? v : Math.min(v, bend * error[i])));
      const jump = whole.map((v, i) => v - smooth[i]);
      const ties: Tie[] = [];
      jump.forEach((j, unit) => {
        if (j > 0) ties.push({ node: node.name, unit, at: x[unit], error: error[unit] });
      });
      const c = constant(node);
      return {
        ties,
        shares(g) {
          const product = g.value.map((v, i) => v * slope[i]);
          return [
            {
              value: product,
              error: g.value.map((v, i) => {
                const steepest = Math.abs(slope[i]) + smooth[i];
                const rounding = U * (c + relative(node, x[i]) * Math.abs(slope[i]));
                return g.error[i] * steepest + Math.abs(v) * (smooth[i] + rounding);
              }),
              magnitude: product.map(Math.abs),
              tied: g.value.map((v, i) => {
                const steepest = Math.abs(slope[i]) + smooth[i] + jump[i];
                return g.tied[i] * steepest + jump[i] * (Math.abs(v) + g.error[i]);
              }),
              terms: 1,
            },
          ];
        },
      };
    },
  };
}

/** How far f moves within the interval: at its ends, where the functions of this library move most. */
function variationOf(
  x: Float64Array,
  error: Float64Array,
  f: (shifted: Float64Array) => Float64Array,
): Float64Array {
  const [middle, ...ends] = [0, 1, -1].map((side) => f(x.map((v, i) => v + side * 1.01 * error[i])));
  return middle.map((y, i) => Math.max(...ends.map((end) => Math.abs(end[i] - y))));
}
