/**
 * Seeded random numbers: xoshiro128** 1.1 (Blackman and Vigna, https://prng.di.unimi.it), its state filled from
 * the seed by SplitMix32. The same seed gives the same numbers in every browser and on every platform.
 */

/** The next uniform 32-bit unsigned integer. */
export type RandomSource = () => number;

/** A generator with the given state of four 32-bit words, not all zero. */
export function xoshiro128(state: readonly [number, number, number, number]): RandomSource {
  let [a, b, c, d] = state;
  return () => {
    const result = Math.imul(rotate(Math.imul(b, 5), 7), 9) >>> 0;
    const t = b << 9;
    c ^= a;
    d ^= b;
    b ^= c;
    a ^= d;
    c ^= t;
    d = rotate(d, 11);
    return result;
  };
}

/** A generator for an integer seed; see `checkSeed` in `options.ts` for the accepted values. */
export function randomSource(seed: number): RandomSource {
  // Both halves of a 53-bit seed count.
  let state = (seed ^ Math.imul(Math.floor(seed / 2 ** 32), 0x85ebca6b)) >>> 0;
  const next = () => {
    state = (state + 0x9e3779b9) | 0;
    let z = state;
    z = Math.imul(z ^ (z >>> 16), 0x21f0aaad);
    z = Math.imul(z ^ (z >>> 15), 0x735a2d97);
    return z ^ (z >>> 15);
  };
  return xoshiro128([next(), next(), next(), next()]);
}

/** A uniformly random order of 0 .. n-1 (Fisher-Yates, without modulo bias). */
export function randomOrder(n: number, random: RandomSource): Int32Array {
  const order = Int32Array.from({ length: n }, (_, i) => i);
  for (let i = n - 1; i > 0; i--) {
    const j = randomBelow(i + 1, random);
    [order[i], order[j]] = [order[j], order[i]];
  }
  return order;
}

/** A uniformly random integer from 0 to n - 1, without modulo bias. */
export function randomBelow(n: number, random: RandomSource): number {
  const limit = 2 ** 32 - (2 ** 32 % n);
  let x = random();
  while (x >= limit) x = random();
  return x % n;
}

function rotate(x: number, bits: number): number {
  return (x << bits) | (x >>> (32 - bits));
}
