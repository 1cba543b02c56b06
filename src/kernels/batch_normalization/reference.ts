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
import type { BatchNormalization } from "../../network/spec.js";
import type { ReferenceOperator } from "../reference_operator.js";

export const batchNormalization: ReferenceOperator<BatchNormalization> = {
  forward(node, [x]) {
    const { mean, bias } = node;
    const factor = normalizationFactor(node);
    const channels = factor.length;
    return x.map((value, i) => factor[i % channels] * (value - mean[i % channels]) + bias[i % channels]);
  },

  vjp(node, _x, _y, dy) {
    const factor = normalizationFactor(node);
    return [dy.map((value, i) => factor[i % factor.length] * value)];
  },
};

function normalizationFactor({ scale, variance, epsilon }: BatchNormalization): Float64Array {
  return Float64Array.from(scale, (value, c) => value / Math.sqrt(variance[c] + epsilon));
}
