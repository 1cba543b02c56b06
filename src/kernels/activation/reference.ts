/**
 * Element-wise functions: `y[i] = f(x[i])`, `dx[i] = f'(x[i]) dy[i]`.
 *
 * | op              | f(x)                                          | f'(x)                                      |
 * |-----------------|-----------------------------------------------|--------------------------------------------|
 * | Relu            | max(0, x)                                     | x > 0 ? 1 : 0                              |
 * | Clip            | min(max, max(min, x))                         | min < x < max ? 1 : 0                      |
 * | LeakyRelu       | x > 0 ? x : alpha x                           | x > 0 ? 1 : alpha                          |
 * | PRelu           | x > 0 ? x : slope x                           | x > 0 ? 1 : slope                          |
 * | ThresholdedRelu | x > alpha ? x : 0                             | x > alpha ? 1 : 0                          |
 * | Elu             | x > 0 ? x : alpha (e^x - 1)                   | x > 0 ? 1 : alpha e^x                      |
 * | Selu            | 1.0507... (x > 0 ? x : 1.6732... (e^x - 1))   | 1.0507... (x > 0 ? 1 : 1.6732... e^x)      |
 * | Sigmoid         | s(x) = 1 / (1 + e^-x)                         | s(x) s(-x)                                 |
 * | Tanh            | tanh(x)                                       | 1 - tanh(x)^2                              |
 * | Softplus        | p(x) = log(1 + e^x)                           | s(x)                                       |
 * | Softsign        | x / (1 + abs(x))                              | 1 / (1 + abs(x))^2                         |
 * | Mish            | x tanh(p(x))                                  | tanh(p(x)) + x (1 - tanh(p(x))^2) s(x)     |
 * | Swish           | x s(x)                                        | s(x) (1 + x s(-x))                         |
 * | HardSwish       | x h(x), h(x) = max(0, min(1, x/6 + 1/2))      | h(x) + x (0 < h(x) < 1 ? 1/6 : 0)          |
 * | HardSigmoid     | max(0, min(1, alpha x + beta))                | 0 < alpha x + beta < 1 ? alpha : 0         |
 * | Gelu (none)     | x Phi(x) = x/2 (1 + erf(x / sqrt 2))          | Phi(x) + x phi(x)                          |
 * | Gelu (tanh)     | x/2 (1 + tanh(t)),                            | 1/2 (1 + tanh(t)) + x/2 (1 - tanh(t)^2) t' |
 * |                 | t = sqrt(2/pi) (x + 0.044715 x^3)             |                                            |
 *
 * At a kink the derivative is that of the left (lower) side for the functions with a test `x > ...`, and 0 for
 * the clipped ones, as in PyTorch and TensorFlow. NaN stays NaN.
 *
 * Layout: any shape; `slope` of PRelu has one value, one per channel of the last axis, or one per unit, which
 * is index `i mod slope.length` in all three cases. Results are new arrays. Cost: up to about 20 flops a value.
 *
 * Error of a float32 evaluation, u = 2^-24: Relu, Clip, ThresholdedRelu exact; LeakyRelu, PRelu u |y|;
 * the others, from an exp, log, tanh or erf within 2 units in the last place:
 * 16 u max(1, |x|) max(1, |alpha|) forward and 16 u max(1, |alpha|) |dy| for the vjp.
 */
import type { Activation } from "../../network/spec.js";
import type { ReferenceOperator } from "../reference_operator.js";
import { scalarFunction } from "./functions.js";

export const activation: ReferenceOperator<Activation> = {
  forward(node, [x]) {
    const f = scalarFunction(node);
    const slope = slopes(node);
    return x.map((value, i) => f.value(value, slope[i % slope.length]));
  },

  vjp(node, [x], _y, dy) {
    const f = scalarFunction(node);
    const slope = slopes(node);
    return [dy.map((value, i) => (value === 0 ? 0 : value * f.derivative(x[i], slope[i % slope.length])))];
  },
};

const NO_SLOPE = Float32Array.of(0);

function slopes(node: Activation): Float32Array {
  return node.op === "PRelu" ? node.slope : NO_SLOPE;
}
