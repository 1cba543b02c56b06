/**
 * Wilson's interval for a share: where the true one lies with 95 % confidence, if `hits` of `count` independent images were hit.
 *
 *     (p + z^2 / 2n +- z sqrt(p (1 - p) / n + z^2 / 4n^2)) / (1 + z^2 / n)      z = 1.96, p = hits / n
 */
export function wilsonInterval(hits: number, count: number): readonly [low: number, high: number] {
  const z = 1.959963984540054;
  const p = hits / count;
  const middle = p + z ** 2 / (2 * count);
  const half = z * Math.sqrt((p * (1 - p)) / count + z ** 2 / (4 * count ** 2));
  const scale = 1 + z ** 2 / count;
  return [Math.max(0, (middle - half) / scale), Math.min(1, (middle + half) / scale)];
}
