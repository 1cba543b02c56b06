/**
 * Element-wise product with NumPy broadcasting: shapes are aligned at the last axis, and an axis of length 1 (or missing) is
 * repeated.
 *
 *     y[i] = prod_j x_j[i],    dx_j[i] = dy[i] prod_{l != j} x_l[i]
 *
 *     i an index of the output, 0 <= j < number of inputs; dx_j is summed over the axes along which x_j is repeated.
 *
 * Used for squeeze-and-excitation gates (`[H, W, C]` by `[1, 1, C]` or `[C]`) and preprocessing layers. Layout: any
 * broadcastable shapes, two inputs or more; the same value may appear twice.
 *
 * Error of a float32 evaluation, u = 2^-24, k inputs: (k - 1) u |y|; vjp (k - 1) u |dy prod| for each value and n u sum |.|
 * for a sum of n broadcast values.
 */
import { broadcastAll, sumToShape } from "../../arithmetic/broadcasting.js";
import { product } from "../../float32/product.js";
import type { ReferenceOperator } from "../../reference_operator.js";
import type { Mul } from "./spec.js";

export const reference: ReferenceOperator<Mul> = {
  forward: (node, inputs) => broadcastAll(node, inputs).reduce((y, x) => y.map((v, i) => v * x[i])),

  vjp(node, inputs, _y, dy) {
    const operands = broadcastAll(node, inputs);
    return node.inputShapes.map((shape, j) => {
      let dx = dy;
      operands.forEach((operand, l) => {
        if (l !== j) dx = dx.map((v, i) => v * operand[i]);
      });
      return sumToShape(dx, node.shape, shape);
    });
  },
};

export const float32 = /* @__PURE__ */ product<Mul>();
