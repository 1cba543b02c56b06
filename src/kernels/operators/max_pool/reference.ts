/**
 * Maximum over a sliding window, channel by channel.
 *
 *     y[i, j, c] = max_{p, q} x[i s0 + p d0 - top, j s1 + q d1 - left, c],    0 <= p < kernel[0], 0 <= q < kernel[1]
 *
 * over the taps inside the image: padding never wins. The vjp gives dy[i, j, c] to the winner; among equals
 * that is the first tap in row-major order.
 *
 * Layout: x `[H, W, C]`, y `[H', W', C]`. Limits: every window must hold at least one pixel of the image.
 * Results are new arrays. Cost: kernel[0] kernel[1] H' W' C comparisons.
 *
 * Error of a float32 evaluation: forward exact; vjp (m - 1) 2^-24 sum |dy|, m the number of windows a pixel wins.
 */
import { maximum } from "../../float32/maximum.js";
import { type Node, sizeOf } from "../../node.js";
import { windowOf } from "../../pool.js";
import type { ReferenceOperator } from "../../reference_operator.js";
import { forEachTap } from "../../window.js";
import type { MaxPool } from "./spec.js";

export const reference: ReferenceOperator<MaxPool> = {
  forward(node, [x]) {
    return Float64Array.from(winners(node, x), (winner) => x[winner]);
  },

  vjp(node, [x], _y, dy) {
    const dx = new Float64Array(x.length);
    winners(node, x).forEach((winner, i) => {
      dx[winner] += dy[i];
    });
    return [dx];
  },
};

export const float32 = /* @__PURE__ */ maximum<MaxPool>({
  reference,
  members(node) {
    const channels = node.shape[2];
    const members: number[][] = Array.from({ length: sizeOf(node.shape) }, () => []);
    forEachTap(node, windowOf(node), (output, input) => {
      for (let c = 0; c < channels; c++) members[output * channels + c].push(input * channels + c);
    });
    return members;
  },
});

/** Offset in x of the value that each output takes. */
function winners(node: Node<MaxPool>, x: Float64Array): Int32Array {
  const channels = node.shape[2];
  const winner = new Int32Array(sizeOf(node.shape)).fill(-1);
  forEachTap(node, windowOf(node), (output, input) => {
    for (let c = 0; c < channels; c++) {
      const best = winner[output * channels + c];
      const candidate = input * channels + c;
      if (best < 0 || x[candidate] > x[best]) winner[output * channels + c] = candidate;
    }
  });
  return winner;
}
