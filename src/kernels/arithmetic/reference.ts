/**
 * Element-wise sum, difference and product with NumPy broadcasting: shapes are aligned at the last axis, and an
 * axis of length 1 (or missing) is repeated.
 *
 *     Add  y[i] = sum_j x_j[i]     dx_j[i] = dy[i]
 *     Mul  y[i] = prod_j x_j[i]    dx_j[i] = dy[i] prod_{l != j} x_l[i]
 *     Sub  y[i] = x_0[i] - x_1[i]  dx_0[i] = dy[i],  dx_1[i] = -dy[i]
 *
 *     i an index of the output, 0 <= j < number of inputs; dx_j is summed over the axes along which x_j is repeated.
 *
 * Used for residual connections (Add), squeeze-and-excitation gates (Mul, `[H, W, C]` by `[1, 1, C]` or `[C]`)
 * and preprocessing layers.
 *
 * Layout: any broadcastable shapes; Sub takes exactly two inputs, the others two or more. The same value may
 * appear twice. Cost: one flop a value and input; Mul's vjp, one more input.
 *
 * Error of a float32 evaluation, u = 2^-24, k inputs: Add, Sub (k - 1) u sum |x_j|; Mul (k - 1) u |y|; vjp
 * (k - 1) u |dy prod| for each value and n u sum |.| for a sum of n broadcast values.
 */
import { type Arithmetic, type Node, type Shape, sizeOf } from "../../network/spec.js";
import type { ReferenceOperator } from "../reference_operator.js";
import { broadcastOffsets, gather, scatterAdd } from "../strided.js";

export const arithmetic: ReferenceOperator<Arithmetic> = {
  forward(node, inputs) {
    const combine = combination(node.op);
    return broadcastAll(node, inputs).reduce((y, x) => y.map((value, i) => combine(value, x[i])));
  },

  vjp(node, inputs, _y, dy) {
    const operands = node.op === "Mul" ? broadcastAll(node, inputs) : [];
    return node.inputShapes.map((shape, j) => {
      let dx = dy;
      if (node.op === "Sub" && j === 1) dx = dy.map((value) => -value);
      operands.forEach((operand, l) => {
        if (l !== j) dx = dx.map((value, i) => value * operand[i]);
      });
      return sumToShape(dx, node.shape, shape);
    });
  },
};

function combination(op: Arithmetic["op"]): (a: number, b: number) => number {
  if (op === "Add") return (a, b) => a + b;
  if (op === "Sub") return (a, b) => a - b;
  return (a, b) => a * b;
}

function broadcastAll(
  { shape, inputShapes }: Node<Arithmetic>,
  inputs: readonly Float64Array[],
): Float64Array[] {
  return inputs.map((x, j) =>
    isSame(inputShapes[j], shape) ? x : gather(x, broadcastOffsets(inputShapes[j], shape)),
  );
}

/** The transpose of broadcasting. */
function sumToShape(values: Float64Array, from: Shape, to: Shape): Float64Array {
  return isSame(from, to) ? values : scatterAdd(values, broadcastOffsets(to, from), sizeOf(to));
}

function isSame(a: Shape, b: Shape): boolean {
  return a.length === b.length && a.every((n, axis) => n === b[axis]);
}
