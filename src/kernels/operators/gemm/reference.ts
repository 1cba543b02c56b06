/**
 * Dense layer on the last axis.
 *
 *     y[m, o] = b[o] + sum_c x[m, c] W[c, o],    0 <= m < rows, 0 <= c < C, 0 <= o < units
 *     dx[m, c] = sum_o W[c, o] dy[m, o]
 *
 * Used as hidden and last layer; `rows` is 1 for a vector `[C]` and the product of the leading axes otherwise.
 *
 * Layout: x `[..., C]`, W `[C, units]`, b `[units]`, y `[..., units]`. Any size; results are new arrays.
 * Cost: 2 rows C units flops either way.
 *
 * Error of a float32 evaluation in any order, u = 2^-24: forward |e| <= (C + 1) u (|b| + sum |x W|);
 * vjp |e| <= units u sum |W dy|.
 */
import { linear } from "../../float32/linear.js";
import { absolute } from "../../float32/rule.js";
import { sizeOf } from "../../node.js";
import type { ReferenceOperator } from "../../reference_operator.js";
import type { Gemm } from "./spec.js";

export const reference: ReferenceOperator<Gemm> = {
  forward(node, [x]) {
    const { weights, bias, units } = node;
    const channels = weights.length / units;
    const y = new Float64Array(sizeOf(node.shape));
    for (let m = 0; m < y.length / units; m++) {
      if (bias) y.set(bias, m * units);
      for (let c = 0; c < channels; c++) {
        const value = x[m * channels + c];
        for (let o = 0; o < units; o++) y[m * units + o] += value * weights[c * units + o];
      }
    }
    return y;
  },

  vjp({ weights, units }, [x], _y, dy) {
    const channels = weights.length / units;
    const dx = new Float64Array(x.length);
    for (let m = 0; m < dy.length / units; m++)
      for (let c = 0; c < channels; c++) {
        let sum = 0;
        for (let o = 0; o < units; o++) sum += weights[c * units + o] * dy[m * units + o];
        dx[m * channels + c] = sum;
      }
    return [dx];
  },
};

export const float32 = /* @__PURE__ */ linear<Gemm>({
  reference,
  absolute: (node, offset) => ({
    ...node,
    weights: absolute(node.weights),
    bias: offset && node.bias ? absolute(node.bias) : undefined,
  }),
  forward: ({ weights, units }) => weights.length / units + 4,
  vjp: ({ units }) => units + 4,
});
