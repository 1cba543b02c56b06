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

/** The label, then the other classes by descending score, ties to the lower index; `count` in all. */
export function candidatesFor(scores: Float32Array, label: number, count: number): Int32Array {
  const others = topClasses(scores, 0, scores.length, Math.min(count + 1, scores.length)).filter(
    (c) => c !== label,
  );
  return Int32Array.of(label, ...others.slice(0, count - 1));
}
