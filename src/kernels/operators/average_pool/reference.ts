/**
 * Mean over a sliding window, channel by channel; of the padding only `countedPads` are counted, as zeros.
 *
 *     y[i, j, c] = 1/n[i, j] sum_{p, q} x[i s0 + p d0 - top, j s1 + q d1 - left, c]
 *     dx[r, t, c] = sum over the windows (i, j) that hold (r, t) of dy[i, j, c] / n[i, j]
 *
 *     0 <= p < kernel[0], 0 <= q < kernel[1], summed over the taps inside the image; n[i, j] are those and the ones on counted padding
 *
 * Layout: x `[H, W, C]`, y `[H', W', C]`. Limits: every window must hold at least one pixel of the image.
 * Results are new arrays. Cost: kernel[0] kernel[1] H' W' C flops.
 *
 * Error of a float32 evaluation, u = 2^-24: forward (n + 1) u / n sum |x|; vjp (m + 2) u sum |dy| / n, m the
 * number of windows that hold a pixel.
 */
import { linear } from "../../float32/linear.js";
import { type Node, sizeOf } from "../../node.js";
import { windowOf } from "../../pool.js";
import type { ReferenceOperator } from "../../reference_operator.js";
import { forEachTap } from "../../window.js";
import type { AveragePool } from "./spec.js";

export const reference: ReferenceOperator<AveragePool> = {
  forward(node, [x]) {
    const channels = node.shape[2];
    const counts = windowCounts(node);
    const y = new Float64Array(sizeOf(node.shape));
    forEachTap(node, windowOf(node), (output, input) => {
      for (let c = 0; c < channels; c++) y[output * channels + c] += x[input * channels + c];
    });
    return y.map((sum, i) => sum / counts[Math.floor(i / channels)]);
  },

  vjp(node, [x], _y, dy) {
    const channels = node.shape[2];
    const counts = windowCounts(node);
    const dx = new Float64Array(x.length);
    forEachTap(node, windowOf(node), (output, input) => {
      for (let c = 0; c < channels; c++)
        dx[input * channels + c] += dy[output * channels + c] / counts[output];
    });
    return [dx];
  },
};

export const float32 = /* @__PURE__ */ linear<AveragePool>({
  reference,
  forward: ({ kernel }) => kernel[0] * kernel[1] + 2,
  vjp: ({ kernel }) => kernel[0] * kernel[1] + 2,
});

/** n[i, j]: how many taps of each window are inside the image or on padding that counts. */
export function windowCounts(node: Node<AveragePool>): Int32Array {
  const { shape, inputShapes, pads, countedPads = [0, 0, 0, 0] } = node;
  const { kernel, strides, dilations } = windowOf(node);
  const counts = ([0, 1] as const).map((axis) =>
    Array.from({ length: shape[axis] }, (_, i) => {
      let count = 0;
      for (let p = 0; p < kernel[axis]; p++) {
        const at = i * strides[axis] + p * dilations[axis] - pads[axis];
        if (at >= -countedPads[axis] && at < inputShapes[0][axis] + countedPads[axis + 2]) count++;
      }
      return count;
    }),
  );
  return Int32Array.from(counts[0].flatMap((rows) => counts[1].map((columns) => rows * columns)));
}
