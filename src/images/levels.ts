/** Scales bytes to the range: 0 becomes its low end, 255 its high end. */
export function scaleBytes(
  bytes: Uint8Array | Uint8ClampedArray,
  [low, high]: readonly [number, number],
): Float32Array {
  const levels = Float32Array.from({ length: 256 }, (_, v) => low + (v / 255) * (high - low));
  return Float32Array.from(bytes, (v) => levels[v]);
}
