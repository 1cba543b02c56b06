/**
 * A block of the input, or every n-th value of one.
 *
 *     y[i_0, i_1, ..] = x[starts[0] + steps[0] i_0, starts[1] + steps[1] i_1, ..],    0 <= i_a < (ends[a] - starts[a]) / steps[a]
 *
 * The vjp puts dy back in its place and zero elsewhere. Used for cropping layers, patches (Swin) and shuffles.
 *
 * Layout: any rank; `0 <= starts[a] < ends[a] <= shape[a]`, or `-1 <= ends[a] < starts[a] < shape[a]` with a step below 0. Copies
 * only: exact in float32.
 */
import { moves } from "../../float32/linear.js";
import type { ReferenceOperator } from "../../reference_operator.js";
import { gather, scatterAdd } from "../../strided.js";
import { sourceOf } from "./source.js";
import type { Slice } from "./spec.js";

export const reference: ReferenceOperator<Slice> = {
  forward(node, [x]) {
    return gather(x, sourceOf(node));
  },

  vjp(node, [x], _y, dy) {
    return [scatterAdd(dy, sourceOf(node), x.length)];
  },
};

export const float32 = /* @__PURE__ */ moves(reference);
