/**
 * Permutation of axes.
 *
 *     y[i_0, i_1, ..] = x[j_0, j_1, ..]  with  j_{perm[a]} = i_a;    shape[a] = inputShape[perm[a]]
 *
 * The vjp is the inverse permutation.
 *
 * Layout: any rank. Copies only: exact in float32.
 */
import { moves } from "../../float32/linear.js";
import type { ReferenceOperator } from "../../reference_operator.js";
import { gather, scatterAdd } from "../../strided.js";
import { sourceOf } from "./source.js";
import type { Transpose } from "./spec.js";

export const reference: ReferenceOperator<Transpose> = {
  forward(node, [x]) {
    return gather(x, sourceOf(node));
  },

  vjp(node, [x], _y, dy) {
    return [scatterAdd(dy, sourceOf(node), x.length)];
  },
};

export const float32 = /* @__PURE__ */ moves(reference);
