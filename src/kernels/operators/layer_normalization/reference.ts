/**
 * Layer normalisation of the last axis.
 *
 *     y[r, i] = scale[i] n[r, i] + bias[i],    n[r, i] = (x[r, i] - m[r]) / s[r],    s[r] = sqrt(v[r] + epsilon)
 *     m[r] = 1/C sum_j x[r, j],    v[r] = 1/C sum_j (x[r, j] - m[r])^2
 *     dx[r, i] = (g[r, i] - 1/C sum_j g[r, j] - n[r, i] 1/C sum_j g[r, j] n[r, j]) / s[r],    g[r, i] = scale[i] dy[r, i]
 *
 *     r one of the rows that all axes but the last make, 0 <= i, j < C, C the length of the last.
 *
 * Used in transformers, ConvNeXt and MLP-Mixer. Layout: any shape. Cost: 8 flops a value. A row with a NaN, or with an infinity,
 * is NaN.
 *
 * Error of a float32 evaluation: `float32.ts`.
 */
import type { ReferenceOperator } from "../../reference_operator.js";
import { forEachRow, rowsOf } from "../../rows_of.js";
import { normalisationError } from "./float32.js";
import { momentsOf } from "./moments.js";
import type { LayerNormalization } from "./spec.js";

export const reference: ReferenceOperator<LayerNormalization> = {
  forward: ({ shape, epsilon, scale, bias }, [x]) => {
    const y = new Float64Array(x.length);
    forEachRow(rowsOf(shape), (begin, end) => {
      const { mean, rate } = momentsOf(x, begin, end, epsilon);
      for (let i = begin; i < end; i++)
        y[i] = (scale?.[i - begin] ?? 1) * (x[i] - mean) * rate + (bias?.[i - begin] ?? 0);
    });
    return y;
  },

  vjp({ shape, epsilon, scale }, [x], _y, dy) {
    const dx = new Float64Array(dy.length);
    const rows = rowsOf(shape);
    forEachRow(rows, (begin, end) => {
      const { mean, rate } = momentsOf(x, begin, end, epsilon);
      const g = (i: number) => (scale?.[i - begin] ?? 1) * dy[i];
      let [along, turned] = [0, 0];
      for (let i = begin; i < end; i++) {
        along += g(i) / rows.depth;
        turned += (g(i) * (x[i] - mean) * rate) / rows.depth;
      }
      for (let i = begin; i < end; i++) dx[i] = (g(i) - along - (x[i] - mean) * rate * turned) * rate;
    });
    return [dx];
  },
};

export const float32 = /* @__PURE__ */ normalisationError(reference);
