/**
 * Norms of vectors stored as the rows of a matrix, and norms of their differences from a base row.
 *
 *     rowNorms         out[m] = ||a[m]||_q                   m = 0 .. M-1
 *     differenceNorms  out[k] = ||a[k] - a[0]||_q            k = 0 .. K-1, so out[0] = 0
 *
 * Used by DeepFool (arXiv:1511.04599, eq. 8): `a` is one image's Jacobian, `[K][D]` float32, row 0 the gradient
 * of the predicted class, q the dual of the attack's norm (2 for 2, 1 for infinity).
 *
 * Any M, K, D >= 0; no alignment; `out` must not alias `a`. Cost: about 3 M D flops, 4 M D bytes read.
 * Error: differences, squares and sums are float64 on float32 data, so a norm is within D * 2^-53 of the exact
 * one, relatively. The largest float32 squared, times D, stays far below float64's overflow: a result is
 * infinite or NaN only if an element is.
 */

/** The exponent q of the norm that measures gradients: 1 or 2. */
export type DualNorm = 1 | 2;

/** `||a[m]||_q` of every row of length `size`. */
export function rowNorms(
  a: Float32Array,
  size: number,
  q: DualNorm,
  out = new Float64Array(size === 0 ? 0 : a.length / size),
): Float64Array {
  for (let m = 0; (m + 1) * size <= a.length && m < out.length; m++) {
    let sum = 0;
    for (let i = m * size; i < (m + 1) * size; i++) sum += q === 2 ? a[i] * a[i] : Math.abs(a[i]);
    out[m] = q === 2 ? Math.sqrt(sum) : sum;
  }
  return out;
}

/** `||a[k] - a[0]||_q` for the `rows` rows that start at `start`. */
export function differenceNorms(
  a: Float32Array,
  start: number,
  rows: number,
  size: number,
  q: DualNorm,
  out = new Float64Array(rows),
): Float64Array {
  for (let k = 0; k < rows; k++) {
    const row = start + k * size;
    let sum = 0;
    for (let i = 0; i < size; i++) {
      const w = a[row + i] - a[start + i];
      sum += q === 2 ? w * w : Math.abs(w);
    }
    out[k] = q === 2 ? Math.sqrt(sum) : sum;
  }
  return out;
}
