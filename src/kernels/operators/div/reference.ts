/**
 * Element-wise quotient with NumPy broadcasting: shapes are aligned at the last axis, and an axis of length 1 (or missing)
 * is repeated.
 *
 *     y[i] = x_0[i] / x_1[i],    dx_0[i] = dy[i] / x_1[i],  dx_1[i] = -dy[i] x_0[i] / x_1[i]^2
 *
 *     i an index of the output; dx_j is summed over the axes along which x_j is repeated.
 *
 * Used to normalise, by a constant or by a norm. Layout: any two broadcastable shapes; both may be the same value. A divisor of
 * 0 gives an infinity or NaN, as everywhere.
 *
 * Error of a float32 evaluation, u = 2^-24, quotients within 2.5 units in the last place or by the reciprocal of a
 * constant: 6 u |y|; vjp 12 u |dx| for each value and n u sum |.| for a sum of n broadcast values.
 */
import { broadcastAll, sumToShape } from "../../arithmetic/broadcasting.js";
import { factorShare } from "../../float32/product.js";
import { type Float32Rule, U } from "../../float32/rule.js";
import type { ReferenceOperator } from "../../reference_operator.js";
import type { Div } from "./spec.js";

export const reference: ReferenceOperator<Div> = {
  forward(node, inputs) {
    const [a, b] = broadcastAll(node, inputs);
    return a.map((v, i) => v / b[i]);
  },

  vjp(node, inputs, _y, dy) {
    const [a, b] = broadcastAll(node, inputs);
    return [dy.map((g, i) => g / b[i]), dy.map((g, i) => (-g * a[i]) / b[i] ** 2)].map((dx, j) =>
      sumToShape(dx, node.shape, node.inputShapes[j]),
    );
  },
};

/** A divisor is at least as far from 0 as its error leaves it; nothing is known where that is not at all. */
export const float32: Float32Rule<Div> = {
  forward(node, inputs, value) {
    const { most, least, magnitude } = bounds(node, inputs);
    const size = value.map((_, i) => magnitude[i] / least[i]);
    return {
      error: value.map((v, i) => most[i] / least[i] - Math.abs(v) + 6 * U * size[i]),
      magnitude: size,
    };
  },
  vjp: (node, inputs) => ({
    ties: [],
    shares(g) {
      const { a, b, most, least, magnitude } = bounds(node, inputs);
      const factors = [
        {
          value: b.map((v) => 1 / v),
          most: least.map((v) => 1 / v),
          magnitude: least.map((v) => 1 / v),
        },
        {
          value: b.map((v, i) => -a[i] / v ** 2),
          most: least.map((v, i) => most[i] / v ** 2),
          magnitude: least.map((v, i) => magnitude[i] / v ** 2),
        },
      ];
      return factors.map((factor, j) => factorShare(node, j, g, factor, 12));
    },
  }),
};

/** In the shape of the output: both operands, the most and the magnitude of the dividend, the least of the divisor. */
function bounds(
  node: Parameters<Float32Rule<Div>["forward"]>[0],
  inputs: Parameters<Float32Rule<Div>["forward"]>[1],
) {
  const spread = (parts: readonly [Float64Array, Float64Array]) => broadcastAll(node, parts);
  const [dividend, divisor] = inputs;
  const [a, b] = spread([dividend.value, divisor.value]);
  const [most, least] = spread([
    dividend.value.map((v, i) => Math.abs(v) + dividend.error[i]),
    divisor.value.map((v, i) => Math.max(0, Math.abs(v) - divisor.error[i])),
  ]);
  const [magnitude] = spread([dividend.magnitude, divisor.magnitude]);
  return { a, b, most, least, magnitude };
}
