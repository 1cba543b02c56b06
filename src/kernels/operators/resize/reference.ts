/**
 * Spatial resampling: a sparse matrix on each of the two axes.
 *
 *     y[i, j, c] = sum_{r, t} A0[i, r] A1[j, t] x[r, t, c],    dx[r, t, c] = sum_{i, j} A0[i, r] A1[j, t] dy[i, j, c]
 *
 * Row i of A has one entry 1 (`nearest`) or two neighbours with weights 1 - f and f (`linear`). With n input and
 * n' output positions on the axis, output i reads the source coordinate s:
 *
 *     asymmetric     s = i n / n'
 *     half_pixel     s = (i + 1/2) n / n' - 1/2
 *     align_corners  s = i (n - 1) / (n' - 1), 0 when n' = 1
 *
 * with 1 / scale in place of n / n' where scales are given; pytorch_half_pixel is half_pixel, but s = 0 when n' = 1.
 *
 *     nearest        position floor(s) for asymmetric, else floor(s + 1/2), or as `rounding` says
 *     linear         positions floor(s) and floor(s) + 1, f = s - floor(s)
 *
 * positions clamped to 0 .. n - 1. Used for upsampling layers.
 *
 * Layout: x `[H, W, C]`, y `[size[0], size[1], C]`; any sizes, up or down. Results are new arrays.
 * Cost: `linear` 8 flops an output value.
 *
 * Error of a float32 evaluation, u = 2^-24, with the weights rounded from float64: `nearest` exact forward;
 * `linear` 6 u sum |A0 A1 x|; vjp (m + 4) u sum |A0 A1 dy|, m the number of outputs that read a pixel.
 */
import { linear } from "../../float32/linear.js";
import { sizeOf } from "../../node.js";
import type { ReferenceOperator } from "../../reference_operator.js";
import { forEachSample } from "./samples.js";
import type { Resize } from "./spec.js";

export const reference: ReferenceOperator<Resize> = {
  forward(node, [x]) {
    const channels = node.shape[2];
    const y = new Float64Array(sizeOf(node.shape));
    forEachSample(node, (output, input, weight) => {
      for (let c = 0; c < channels; c++) y[output * channels + c] += weight * x[input * channels + c];
    });
    return y;
  },

  vjp(node, [x], _y, dy) {
    const channels = node.shape[2];
    const dx = new Float64Array(x.length);
    forEachSample(node, (output, input, weight) => {
      for (let c = 0; c < channels; c++) dx[input * channels + c] += weight * dy[output * channels + c];
    });
    return [dx];
  },
};

export const float32 = /* @__PURE__ */ linear<Resize>({
  reference,
  forward: () => 8,
  // Every output pixel may read one and the same input pixel, with four weights.
  vjp: ({ size }) => 4 * sizeOf(size) + 4,
});
