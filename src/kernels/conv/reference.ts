/**
 * 2-D convolution (cross-correlation), also grouped, depthwise and dilated.
 *
 *     y[i, j, o] = b[o] + sum_{p, q, c} W[p, q, c, o] x[i s0 + p d0 - top, j s1 + q d1 - left, g C/G + c]
 *
 *     0 <= i < H', 0 <= j < W', 0 <= o < F, 0 <= p < kernel[0], 0 <= q < kernel[1], 0 <= c < C/G,
 *     g = floor(o / (F/G)) the group of filter o; taps on padding contribute nothing.
 *
 * vjp: `dx[r, t, g C/G + c] = sum over the (i, j, p, q, o) that read x[r, t, .] of W[p, q, c, o] dy[i, j, o]`,
 * o in group g: the transposed convolution.
 *
 * Used in every convolutional network; `groups = C` is the depthwise layer of MobileNet (arXiv:1704.04861).
 *
 * Layout: x `[H, W, C]`, W `[kernel[0], kernel[1], C/G, F]` (HWIO), b `[F]`, y `[H', W', F]`.
 * Limits: any size, stride, dilation and pads; C and F are multiples of G. Results are new arrays.
 * Cost: 2 n H' W' F flops either way, n = kernel[0] kernel[1] C/G; pixels whose cotangents are all zero are skipped.
 *
 * Error of a float32 evaluation in any order, u = 2^-24: forward |e| <= (n + 1) u (|b| + sum |W x|);
 * vjp |e| <= m u sum |W dy|, m = kernel[0] kernel[1] F/G.
 */
import { type Conv, type Node, sizeOf } from "../../network/spec.js";
import type { ReferenceOperator } from "../reference_operator.js";
import { forEachTap } from "../window.js";

export const conv: ReferenceOperator<Conv> = {
  forward(node, [x]) {
    const { weights, bias, groups, filters } = node;
    const { channels, channelsPerGroup, filtersPerGroup } = groupSizes(node);
    const y = new Float64Array(sizeOf(node.shape));
    if (bias) for (let at = 0; at < y.length; at += filters) y.set(bias, at);
    forEachTap(node, node, (output, input, tap) => {
      for (let g = 0; g < groups; g++) {
        const to = output * filters + g * filtersPerGroup;
        const from = input * channels + g * channelsPerGroup;
        for (let c = 0; c < channelsPerGroup; c++) {
          const value = x[from + c];
          const row = (tap * channelsPerGroup + c) * filters + g * filtersPerGroup;
          for (let o = 0; o < filtersPerGroup; o++) y[to + o] += value * weights[row + o];
        }
      }
    });
    return y;
  },

  vjp(node, [x], _y, dy) {
    const { weights, groups, filters } = node;
    const { channels, channelsPerGroup, filtersPerGroup } = groupSizes(node);
    const dx = new Float64Array(x.length);
    const live = Uint8Array.from({ length: dy.length / filters }, (_, pixel) =>
      dy.subarray(pixel * filters, (pixel + 1) * filters).some((value) => value !== 0) ? 1 : 0,
    );
    forEachTap(node, node, (output, input, tap) => {
      if (!live[output]) return;
      for (let g = 0; g < groups; g++) {
        const from = output * filters + g * filtersPerGroup;
        const to = input * channels + g * channelsPerGroup;
        for (let c = 0; c < channelsPerGroup; c++) {
          const row = (tap * channelsPerGroup + c) * filters + g * filtersPerGroup;
          let sum = 0;
          for (let o = 0; o < filtersPerGroup; o++) sum += weights[row + o] * dy[from + o];
          dx[to + c] += sum;
        }
      }
    });
    return [dx];
  },
};

function groupSizes({ inputShapes, groups, filters }: Node<Conv>) {
  const channels = inputShapes[0][2];
  return { channels, channelsPerGroup: channels / groups, filtersPerGroup: filters / groups };
}
