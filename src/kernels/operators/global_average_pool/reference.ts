/**
 * Mean over all positions of each channel.
 *
 *     y[c] = 1/n sum_m x[m, c],    dx[m, c] = dy[c] / n,    0 <= m < n = H W
 *
 * Used before the last dense layer of most convolutional networks since arXiv:1312.4400.
 *
 * Layout: x `[H, W, C]`, y `[C]`. Any size; results are new arrays. Cost: H W C flops.
 *
 * Error of a float32 evaluation in any order, u = 2^-24: forward (n + 1) u / n sum |x|; vjp 2 u |dy| / n.
 */
import { linear } from "../../float32/linear.js";
import { sizeOf } from "../../node.js";
import type { ReferenceOperator } from "../../reference_operator.js";
import type { GlobalAveragePool } from "./spec.js";

export const reference: ReferenceOperator<GlobalAveragePool> = {
  forward(node, [x]) {
    const channels = node.inputShapes[0][2];
    const y = new Float64Array(channels);
    for (let i = 0; i < x.length; i++) y[i % channels] += x[i];
    return y.map((sum) => sum / (x.length / channels));
  },

  vjp(node, [x], _y, dy) {
    const channels = node.inputShapes[0][2];
    return [x.map((_, i) => dy[i % channels] / (x.length / channels))];
  },
};

export const float32 = /* @__PURE__ */ linear<GlobalAveragePool>({
  reference,
  forward: ({ inputShapes: [shape] }) => sizeOf(shape) / shape[2] + 2,
  vjp: () => 3,
});
