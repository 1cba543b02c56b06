/**
 * How far a float32 evaluation of layer normalisation may be off: u = 2^-24, e the errors of x, bars for means over the row,
 * d = x - m,
 *
 *     |err m| <= bar(e) + (C + 8) u bar(|x| + e),    |err d| <= e + |err m| + u |d|
 *     |err v| <= bar((2 |d| + |err d|) |err d|) + (C + 8) u v
 *
 * from which follow the least and the most that 1 / s may be; the errors of y and dx are those of their formulas in these operands,
 * and C + 16 roundings of sums of absolute terms.
 */

import { type Float32Rule, type Inexact, U } from "../../float32/rule.js";
import type { Node } from "../../node.js";
import type { ReferenceOperator } from "../../reference_operator.js";
import { forEachRow, rowsOf } from "../../rows_of.js";
import { momentsOf } from "./moments.js";
import type { LayerNormalization } from "./spec.js";

/** The normalised row and 1 / s, at every place of it, with their errors. */
interface Normalised {
  readonly value: Float64Array;
  readonly error: Float64Array;
  readonly rate: Float64Array;
  readonly rateError: Float64Array;
}

function normalised(
  { shape, epsilon }: Node<LayerNormalization>,
  { value: x, error: e }: Inexact,
): Normalised {
  const [value, error, rate, rateError] = Array.from({ length: 4 }, () => new Float64Array(x.length));
  const rows = rowsOf(shape);
  const roundings = (rows.depth + 8) * U;
  forEachRow(rows, (begin, end) => {
    const moments = momentsOf(x, begin, end, epsilon);
    let moved = 0;
    for (let i = begin; i < end; i++) moved += (e[i] + roundings * (Math.abs(x[i]) + e[i])) / rows.depth;
    const distance = (i: number) => Math.abs(x[i] - moments.mean);
    const off = (i: number) => e[i] + moved + U * distance(i);
    let spread = roundings * moments.variance;
    for (let i = begin; i < end; i++) spread += ((2 * distance(i) + off(i)) * off(i)) / rows.depth;
    const least = Math.max(moments.variance - spread, 0) + epsilon;
    const most = 1 / Math.sqrt(least);
    for (let i = begin; i < end; i++) {
      value[i] = (x[i] - moments.mean) * moments.rate;
      rate[i] = moments.rate;
      rateError[i] = most * (1 + 8 * U) - moments.rate;
      error[i] = off(i) * most + distance(i) * rateError[i];
    }
  });
  return { value, error, rate, rateError };
}

/** @param reference the vjp */
export const normalisationError = (
  reference: Pick<ReferenceOperator<LayerNormalization>, "vjp">,
): Float32Rule<LayerNormalization> => ({
  forward(node, [x], y) {
    const n = normalised(node, x);
    const { depth } = rowsOf(node.shape);
    const scale = (i: number) => Math.abs(node.scale?.[i % depth] ?? 1);
    const magnitude = y.map(
      (_, i) => scale(i) * Math.abs(n.value[i]) + Math.abs(node.bias?.[i % depth] ?? 0),
    );
    return { error: n.error.map((e, i) => scale(i) * e + 4 * U * magnitude[i]), magnitude };
  },
  vjp(node, [x], y) {
    const n = normalised(node, x);
    const rows = rowsOf(node.shape);
    const terms = rows.depth + 16;
    const scale = (i: number) => Math.abs(node.scale?.[i % rows.depth] ?? 1);
    const most = n.value.map((v, i) => Math.abs(v) + n.error[i]);
    const mostRate = n.rate.map((r, i) => r + n.rateError[i]);
    /** Of cotangents that may have either sign. */
    const spread = (values: Float64Array) => {
      const result = new Float64Array(values.length);
      forEachRow(rows, (begin, end) => {
        let [along, turned] = [0, 0];
        for (let i = begin; i < end; i++) {
          along += (scale(i) * values[i]) / rows.depth;
          turned += (scale(i) * values[i] * most[i]) / rows.depth;
        }
        for (let i = begin; i < end; i++)
          result[i] = mostRate[i] * (scale(i) * values[i] + along + most[i] * turned);
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
          let [turned, moved] = [0, 0];
          for (let i = begin; i < end; i++) {
            const own = ((node.scale?.[i - begin] ?? 1) * g[i]) / rows.depth;
            turned += own * n.value[i];
            moved += Math.abs(own) * n.error[i];
          }
          for (let i = begin; i < end; i++) {
            const own = n.error[i] * Math.abs(turned) + most[i] * moved;
            const scaled = (Math.abs(exact[i]) / n.rate[i]) * n.rateError[i];
            total[i] = propagated[i] + scaled + mostRate[i] * own + terms * U * magnitudes[i];
          }
        });
        return [{ value: exact, error: total, magnitude: magnitudes, tied: spread(tied), terms }];
      },
    };
  },
});
