/**
 * The largest of a row of scores:
 *
 *     argmax       index of the largest, the first of equals
 *     topClasses   indices of the k largest, largest first, ties to the lower index
 *
 * NaN counts as -infinity in both and in every spelling of them, so that argmax is the first of topClasses whatever
 * the scores are. An engine lets no such answer out: logits that are NaN are an error (`src/engines/not_a_number.ts`).
 *
 * DeepFool's prediction and its candidates (arXiv:1511.04599, section 2.2), the rows of a Jacobian that is asked for
 * a number of classes. Any number of scores, exact.
 */

/** Index of the largest of `scores[start .. start + count)`, relative to `start`; ties go to the lower index. */
export function argmax(scores: ArrayLike<number>, start = 0, count = scores.length - start): number {
  let best = 0;
  let top = Number.NEGATIVE_INFINITY;
  for (let c = 0; c < count; c++) {
    // False for NaN.
    if (!(scores[start + c] > top)) continue;
    top = scores[start + c];
    best = c;
  }
  return best;
}

/** The k largest of `scores[start .. start + count)`, largest first; ties go to the lower index. */
export function topClasses(scores: ArrayLike<number>, start: number, count: number, k: number): Int32Array {
  const score = (c: number): number => {
    const value = scores[start + c];
    return Number.isNaN(value) ? Number.NEGATIVE_INFINITY : value;
  };
  const order = Int32Array.from({ length: count }, (_, c) => c);
  // Infinities of one sign differ by NaN, which is a tie.
  order.sort((a, b) => score(b) - score(a) || a - b);
  return order.slice(0, k);
}

/** The label, then the other classes by descending score, ties to the lower index; `count` in all. */
export function candidatesFor(scores: Float32Array, label: number, count: number): Int32Array {
  const others = topClasses(scores, 0, scores.length, Math.min(count + 1, scores.length)).filter(
    (c) => c !== label,
  );
  return Int32Array.of(label, ...others.slice(0, count - 1));
}
