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
 * Cost: 2 n H' W' F flops either way, n = kernel[0] kernel[1] C/G; zero cotangents are skipped.
 *
 * Error of a float32 evaluation in any order, u = 2^-24: forward |e| <= (n + 1) u (|b| + sum |W x|);
 * vjp |e| <= m u sum |W dy|, m = kernel[0] kernel[1] F/G.
 */
import { linear } from "../../float32/linear.js";
import { absolute } from "../../float32/rule.js";
import { type Node, sizeOf } from "../../node.js";
import type { ReferenceOperator } from "../../reference_operator.js";
import { forEachTap } from "../../window.js";
import type { Conv } from "./spec.js";

export const reference: ReferenceOperator<Conv> = {
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
    const { groups, filters } = node;
    const { channels, channelsPerGroup, filtersPerGroup } = groupSizes(node);
    const weights = filterRows(node);
    const dx = new Float64Array(x.length);
    forEachTap(node, node, (output, input, tap) => {
      for (let g = 0; g < groups; g++) {
        const to = input * channels + g * channelsPerGroup;
        for (let o = g * filtersPerGroup; o < (g + 1) * filtersPerGroup; o++) {
          const value = dy[output * filters + o];
          if (value === 0) continue;
          const row = (tap * filters + o) * channelsPerGroup;
          for (let c = 0; c < channelsPerGroup; c++) dx[to + c] += value * weights[row + c];
        }
      }
    });
    return [dx];
  },
};

export const float32 = /* @__PURE__ */ linear<Conv>({
  reference,
  absolute: (node, offset) => ({
    ...node,
    weights: absolute(node.weights),
    bias: offset && node.bias ? absolute(node.bias) : undefined,
  }),
  forward: ({ weights, filters }) => weights.length / filters + 4,
  vjp: ({ kernel, filters, groups }) => (kernel[0] * kernel[1] * filters) / groups + 4,
});

/** The weights as `[kernel[0], kernel[1], F, C/G]`, so that the vjp too reads them in order. */
function filterRows({ weights, kernel, filters }: Node<Conv>): Float64Array {
  const taps = kernel[0] * kernel[1];
  const channels = weights.length / (taps * filters);
  const rows = new Float64Array(weights.length);
  for (let tap = 0; tap < taps; tap++)
    for (let c = 0; c < channels; c++)
      for (let o = 0; o < filters; o++)
        rows[(tap * filters + o) * channels + c] = weights[(tap * channels + c) * filters + o];
  return rows;
}

function groupSizes({ inputShapes, groups, filters }: Node<Conv>) {
  const channels = inputShapes[0][2];
  return { channels, channelsPerGroup: channels / groups, filtersPerGroup: filters / groups };
}
