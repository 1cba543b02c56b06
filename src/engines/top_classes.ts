/** Index of the largest of `scores[start .. start + count)`, relative to `start`; ties go to the lower index. */
export function argmax(scores: ArrayLike<number>, start = 0, count = scores.length - start): number {
  let best = 0;
  for (let c = 1; c < count; c++) if (scores[start + c] > scores[start + best]) best = c;
  return best;
}

/** The k largest of `scores[start .. start + count)`, largest first; ties go to the lower index. */
export function topClasses(scores: ArrayLike<number>, start: number, count: number, k: number): Int32Array {
  const order = Int32Array.from({ length: count }, (_, c) => c);
  order.sort((a, b) => scores[start + b] - scores[start + a] || a - b);
  return order.slice(0, k);
}
