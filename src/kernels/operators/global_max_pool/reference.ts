/**
 * Maximum over all positions of each channel.
 *
 *     y[c] = max_m x[m, c],    dx[m, c] = (m is the first position with the maximum) ? dy[c] : 0,    0 <= m < H W
 *
 * Layout: x `[H, W, C]`, y `[C]`. Any size; results are new arrays. Cost: H W C comparisons.
 *
 * Error of a float32 evaluation: none either way.
 */
import { maximum } from "../../float32/maximum.js";
import { sizeOf } from "../../node.js";
import type { ReferenceOperator } from "../../reference_operator.js";
import type { GlobalMaxPool } from "./spec.js";

export const reference: ReferenceOperator<GlobalMaxPool> = {
  forward(node, [x]) {
    return Float64Array.from(winners(x, node.inputShapes[0][2]), (winner) => x[winner]);
  },

  vjp(node, [x], _y, dy) {
    const dx = new Float64Array(x.length);
    winners(x, node.inputShapes[0][2]).forEach((winner, c) => {
      dx[winner] = dy[c];
    });
    return [dx];
  },
};

export const float32 = /* @__PURE__ */ maximum<GlobalMaxPool>({
  reference,
  members({ inputShapes: [shape] }) {
    const channels = shape[2];
    const pixels = sizeOf(shape) / channels;
    return Array.from({ length: channels }, (_, c) =>
      Array.from({ length: pixels }, (_pixel, m) => m * channels + c),
    );
  },
});

/** Offset in x of the maximum of each channel. */
function winners(x: Float64Array, channels: number): Int32Array {
  const winner = Int32Array.from({ length: channels }, (_, c) => c);
  for (let i = channels; i < x.length; i++) {
    const c = i % channels;
    if (x[i] > x[winner[c]]) winner[c] = i;
  }
  return winner;
}
