/**
 * Product of matrices, both of which are values, one for each index of the leading axes.
 *
 *     y[h, m, n] = sum_k a[h, m, k] b[h, k, n]
 *     da[h, m, k] = sum_n dy[h, m, n] b[h, k, n],    db[h, k, n] = sum_m a[h, m, k] dy[h, m, n]
 *
 *     0 <= h < batches, 0 <= m < M, 0 <= k < K, 0 <= n < N; the cotangent of an operand that is used for all h is summed over h.
 *
 * Used for attention: scores `Q K^T` and their means of `V`, h the heads.
 *
 * Layout: a `[.., M, K]`, b `[.., K, N]` or, with `transposeB`, `[.., N, K]`, y `[.., M, N]`. Any size; results are new arrays.
 * Cost: 2 batches M K N flops, and as many for the cotangent of each operand.
 *
 * Error of a float32 evaluation in any order, u = 2^-24: forward K u sum |a b|; vjp N u sum |dy b| and M u sum |a dy|.
 */
import { type Float32Rule, type Inexact, U } from "../../float32/rule.js";
import { type Node, sizeOf } from "../../node.js";
import type { ReferenceOperator } from "../../reference_operator.js";
import { productOf } from "./product.js";
import type { MatMul } from "./spec.js";

export const reference: ReferenceOperator<MatMul> = {
  forward(node, [a, b]) {
    const y = new Float64Array(sizeOf(node.shape));
    forEachTerm(node, (atY, atA, atB) => {
      y[atY] += a[atA] * b[atB];
    });
    return y;
  },

  vjp(node, [a, b], _y, dy) {
    const [da, db] = [new Float64Array(a.length), new Float64Array(b.length)];
    forEachTerm(node, (atY, atA, atB) => {
      da[atA] += dy[atY] * b[atB];
      db[atB] += dy[atY] * a[atA];
    });
    return [da, db];
  },
};

/** Calls back with the offsets of every product of two values: in the output and in both operands. */
function forEachTerm(node: Node<MatMul>, visit: (y: number, a: number, b: number) => void): void {
  const { batches, rows, columns, depth, a, b } = productOf(node);
  for (let h = 0, at = 0; h < batches; h++)
    for (let m = 0; m < rows; m++)
      for (let n = 0; n < columns; n++, at++)
        for (let k = 0; k < depth; k++)
          visit(at, h * a.batch + m * a.outer + k * a.depth, h * b.batch + n * b.outer + k * b.depth);
}

const largest = ({ value, error }: Inexact) => value.map((v, i) => Math.abs(v) + error[i]);
const less = (most: Float64Array, value: Float64Array) => most.map((m, i) => m - value[i]);
const absolute = (values: Float64Array) => values.map(Math.abs);

export const float32: Float32Rule<MatMul> = {
  forward(node, inputs) {
    const sum = (part: (x: Inexact) => Float64Array) => reference.forward(node, inputs.map(part));
    const magnitude = sum((x) => x.magnitude);
    const moved = less(
      sum(largest),
      sum((x) => absolute(x.value)),
    );
    const terms = productOf(node).depth + 4;
    return { error: moved.map((e, i) => e + terms * U * magnitude[i]), magnitude };
  },
  vjp: (node, inputs, y) => ({
    ties: [],
    shares(g) {
      const back = (part: (x: Inexact) => Float64Array, dy: Float64Array) =>
        reference.vjp(node, inputs.map(part), y, dy);
      const value = back((x) => x.value, g.value);
      const sizes = absolute(g.value);
      const [most, least] = [back(largest, sizes), back((x) => absolute(x.value), sizes)];
      const [errors, ties] = [back(largest, g.error), back(largest, g.tied)];
      const magnitudes = back((x) => x.magnitude, g.magnitude);
      const { batches, rows, columns, a, b } = productOf(node);
      const repeats = [a, b].map(({ batch }) => (batch === 0 ? batches : 1));
      return inputs.map((_, j) => {
        const terms = (j === 0 ? columns : rows) * repeats[j] + 4;
        return {
          value: value[j],
          error: errors[j].map((e, i) => e + most[j][i] - least[j][i] + terms * U * magnitudes[j][i]),
          magnitude: magnitudes[j],
          tied: ties[j],
          terms,
        };
      });
    },
  }),
};
