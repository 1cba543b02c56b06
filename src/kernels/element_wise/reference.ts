/**
 * Element-wise functions: `y[i] = f(x[i])`, `dx[i] = f'(x[i]) dy[i]`. The formula of each is in its operator's folder.
 *
 * At a kink the derivative is that of the left (lower) side for functions with a test `x > ...`, and 0 for the clipped
 * ones and for |x|, as in PyTorch and TensorFlow. NaN stays NaN. A cotangent of 0 stays 0 whatever the derivative.
 *
 * Layout: any shape. Results are new arrays. Cost: up to about 20 flops a value.
 *
 * Error of a float32 evaluation, u = 2^-24, from an exp, log, tanh or erf within 2 units in the last place:
 * 16 u max(1, |x|) max(1, |alpha|) forward and 16 u max(1, |alpha|) |dy| for the vjp, unless a function says less.
 */
import type { AnyOperator } from "../node.js";
import type { ReferenceOperator } from "../reference_operator.js";
import type { ScalarFunction } from "./scalar.js";

/**
 * @param parametersOf the `parameter` of unit i is at `i mod length`: one for all, one per channel of the last axis, or one
 *   per unit
 */
export function elementWiseReference<O extends AnyOperator>(
  functionOf: (operator: O) => ScalarFunction,
  parametersOf: (operator: O) => Float32Array = () => NO_PARAMETER,
): ReferenceOperator<O> {
  return {
    forward(node, [x]) {
      const f = functionOf(node);
      const parameter = parametersOf(node);
      return x.map((value, i) => f.value(value, parameter[i % parameter.length]));
    },

    vjp(node, [x], _y, dy) {
      const f = functionOf(node);
      const parameter = parametersOf(node);
      return [
        dy.map((value, i) => (value === 0 ? 0 : value * f.derivative(x[i], parameter[i % parameter.length]))),
      ];
    },
  };
}

const NO_PARAMETER = Float32Array.of(0);
