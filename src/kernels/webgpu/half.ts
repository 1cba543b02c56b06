/**
 * Weights in half precision: 11 significant bits, times a power of two that all weights of a layer share.
 *
 *     w' = scale * h,   scale = 2^(e - 14),   2^e <= max |w| < 2^(e + 1)
 *
 * h is w / scale rounded to the nearest half (ties to even); |h| <= 2^15, so none is infinite however large the weights
 * are, and no layer sinks below the range however small. Halves below 2^-14, which a device may take for 0, are not used:
 * such weights become 0 or +-2^-14. So with u = 2^-11
 *
 *     |w' - w| <= max(u |w|, 2^-29 max |w|).
 *
 * `scale * h` is a normal float32 or 0: what a kernel computes from h is what it would compute from w'.
 */

/** Bits of a float32's exponent, and between what the largest weight of a layer may be. */
const EXPONENT = 0x7f800000;
const LEAST = 2 ** -97;
const MOST = 2 ** 127;

/** The scale of a layer's weights; undefined where `scale * h` might not be normal: such weights stay as they are. */
export function halfScale(weights: Float32Array): number | undefined {
  let most = 0;
  for (const w of weights) most = Math.max(most, Math.abs(w));
  if (most === 0) return 1;
  if (most < LEAST || most >= MOST) return undefined;
  const bits = new Uint32Array(Float32Array.of(most).buffer);
  bits[0] &= EXPONENT;
  return new Float32Array(bits.buffer)[0] * 2 ** -14;
}

/** An even number of weights as halves h, two a word, the first in the low bits. */
export function packHalves(weights: Float32Array, scale: number): Uint32Array {
  const from = new Uint32Array(weights.buffer, weights.byteOffset, weights.length);
  const halves = new Uint16Array(from.length);
  // Exponents of float32 are biased by 127, those of halves by 15.
  const offset = new Uint32Array(Float32Array.of(scale).buffer)[0] - (15 << 23);
  for (let i = 0; i < from.length; i++) {
    const bits = (from[i] & 0x7fffffff) - offset;
    const sign = (from[i] >>> 16) & 0x8000;
    if (bits >= 1 << 23) halves[i] = sign | ((bits + 0xfff + ((bits >> 13) & 1)) >> 13);
    else if (bits >= 0) halves[i] = sign | 0x0400;
  }
  return new Uint32Array(halves.buffer);
}
