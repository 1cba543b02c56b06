/**
 * Softmax on the last axis.
 *
 *     y[r, i] = e^(x[r, i] - m[r]) / sum_j e^(x[r, j] - m[r]),    m[r] = max_j x[r, j]
 *     dx[r, i] = y[r, i] (dy[r, i] - sum_j dy[r, j] y[r, j])
 *
 *     r one of the rows that all axes but the last make, 0 <= i, j < C, C the length of the last.
 *
 * Used for attention. Layout: any shape. Cost: an exponential a value. A row with a NaN, or with an infinity, is NaN.
 *
 * Error of a float32 evaluation, u = 2^-24, at exact inputs: (C + 40 + |x_i - m| + sum_j y_j |x_j - m|) u y_i, and of the vjp as many
 * u of y_i (|dy_i| + sum_j |dy_j| y_j).
 */
import { type Float32Rule, type Inexact, U } from "../../float32/rule.js";
import type { Node } from "../../node.js";
import type { ReferenceOperator } from "../../reference_operator.js";
import { forEachRow, rowsOf } from "../../rows_of.js";
import type { Softmax } from "./spec.js";

export const reference: ReferenceOperator<Softmax> = {
  forward: ({ shape }, [x]) => {
    const y = new Float64Array(x.length);
    forEachRow(rowsOf(shape), (begin, end) => {
      const most = x.subarray(begin, end).reduce((m, v) => Math.max(m, v), -Infinity);
      let sum = 0;
      for (let i = begin; i < end; i++) sum += y[i] = Math.exp(x[i] - most);
      for (let i = begin; i < end; i++) y[i] /= sum;
    });
    return y;
  },

  vjp(node, inputs, _y, dy) {
    const y = reference.forward(node, inputs);
    const dx = new Float64Array(dy.length);
    forEachRow(rowsOf(node.shape), (begin, end) => {
      let mean = 0;
      for (let i = begin; i < end; i++) mean += dy[i] * y[i];
      for (let i = begin; i < end; i++) dx[i] = y[i] * (dy[i] - mean);
    });
    return [dx];
  },
};

/** What a result that underflows may lack. */
const LEAST = 2 ** -110;

/** How far values of the output are off, and how many units of roundoff of their own computation that is. */
function errorOf(node: Node<Softmax>, { value: x, error }: Inexact, y: Float64Array) {
  const [errors, roundings] = [new Float64Array(y.length), new Float64Array(y.length)];
  const rows = rowsOf(node.shape);
  forEachRow(rows, (begin, end) => {
    const most = x.subarray(begin, end).reduce((m, v) => Math.max(m, v), -Infinity);
    // The logarithm of the sum moves by at most that of the mean of e^error; a difference is rounded before it is a power.
    let [moved, rounded] = [0, 0];
    for (let i = begin; i < end; i++) {
      moved += y[i] * Math.exp(error[i]);
      rounded += y[i] * (most - x[i]);
    }
    for (let i = begin; i < end; i++) {
      roundings[i] = rows.depth + 40 + (most - x[i]) + rounded;
      errors[i] = y[i] * (Math.expm1(error[i] + Math.log(moved)) + U * roundings[i]) + LEAST;
    }
  });
  return { errors, roundings };
}

export const float32: Float32Rule<Softmax> = {
  forward: (node, [x], value) => ({ error: errorOf(node, x, value).errors, magnitude: value }),
  vjp(node, [x], y) {
    const { errors } = errorOf(node, x, y);
    const rows = rowsOf(node.shape);
    const terms = rows.depth + 8;
    const most = y.map((v, i) => v + errors[i]);
    /** Of cotangents that may have either sign. */
    const spread = (values: Float64Array) => {
      const result = new Float64Array(values.length);
      forEachRow(rows, (begin, end) => {
        let sum = 0;
        for (let i = begin; i < end; i++) sum += values[i] * most[i];
        for (let i = begin; i < end; i++) result[i] = most[i] * (values[i] + sum);
      });
      return result;
    };
    return {
      ties: [],
      shares({ value: g, error, magnitude, tied }) {
        const exact = reference.vjp(node, [x.value], y, g)[0];
        const [propagated, magnitudes] = [spread(error), spread(magnitude)];
        const total = new Float64Array(g.length);
        forEachRow(rows, (begin, end) => {
          let [mean, moved] = [0, 0];
          for (let i = begin; i < end; i++) {
            mean += g[i] * y[i];
            moved += Math.abs(g[i]) * errors[i];
          }
          for (let i = begin; i < end; i++) {
            const own = errors[i] * Math.abs(g[i] - mean) + most[i] * moved;
            total[i] = propagated[i] + own + terms * U * magnitudes[i];
          }
        });
        return [{ value: exact, error: total, magnitude: magnitudes, tied: spread(tied), terms }];
      },
    };
  },
};
