/**
 * Batch normalisation at inference, on the last axis.
 *
 *     y[m, c] = a[c] (x[m, c] - mean[c]) + bias[c],    a[c] = scale[c] / sqrt(variance[c] + epsilon)
 *     dx[m, c] = a[c] dy[m, c]
 *
 * arXiv:1502.03167. Engines fold it into the convolution or dense layer before it where there is one.
 *
 * Layout: x and y `[..., C]`, the four statistics `[C]`. Any size; results are new arrays. Cost: 2 flops a value.
 *
 * Error of a float32 evaluation, u = 2^-24, as `a x + (bias - a mean)` with a and the offset rounded from float64:
 * forward |e| <= 4 u (|a x| + |a mean| + |bias|); vjp |e| <= 2 u |a dy|.
 */
import { linear } from "../../float32/linear.js";
import { absolute } from "../../float32/rule.js";
import type { ReferenceOperator } from "../../reference_operator.js";
import { type BatchNormalization, factorsOf } from "./spec.js";

export const reference: ReferenceOperator<BatchNormalization> = {
  forward(node, [x]) {
    const { mean, bias } = node;
    const factor = factorsOf(node).scale;
    const channels = factor.length;
    return x.map((value, i) => factor[i % channels] * (value - mean[i % channels]) + bias[i % channels]);
  },

  vjp(node, _x, _y, dy) {
    const factor = factorsOf(node).scale;
    return [dy.map((value, i) => factor[i % factor.length] * value)];
  },
};

export const float32 = /* @__PURE__ */ linear<BatchNormalization>({
  reference,
  absolute(node, offset) {
    const zeros = new Float32Array(node.scale.length);
    return {
      ...node,
      scale: absolute(node.scale),
      mean: offset ? node.mean.map((m) => -Math.abs(m)) : zeros,
      bias: offset ? absolute(node.bias) : zeros,
    };
  },
  forward: () => 5,
  vjp: () => 5,
});
