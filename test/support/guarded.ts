import { expectWithin } from "./within.js";

/** Of the values that differ from 0, or from their neighbour's, the share that a bound must be able to tell apart. */
const NOTICED = 0.9;

/**
 * As `expectWithin`, and holds the bound to account: zeros, and the result of a neighbour, would fail it. A value that is
 * equal to its neighbour's or to 0 says nothing, nor does one that is not finite.
 *
 * @param bound of value i, in absolute terms
 * @param steps how far neighbours lie apart: from one lane, channel, pixel to the next
 * @throws Error if a value is beyond its bound, or the bound is so wide that a wrong result would pass
 */
export function expectGuarded(
  actual: ArrayLike<number>,
  expected: ArrayLike<number>,
  bound: (i: number) => number,
  steps: readonly number[],
): void {
  expectWithin(actual, expected, bound);
  expectNoticed("zeros", expected, bound, () => 0);
  for (const step of new Set(steps))
    expectNoticed(`the result of a neighbour ${step} further on`, expected, bound, (i) => expected[i + step]);
}

/** Throws unless the bound rejects what `other` gives in place of the expected values. */
function expectNoticed(
  what: string,
  expected: ArrayLike<number>,
  bound: (i: number) => number,
  other: (i: number) => number | undefined,
): void {
  let [different, noticed] = [0, 0];
  for (let i = 0; i < expected.length; i++) {
    const distance = Math.abs((other(i) ?? Number.NaN) - expected[i]);
    if (!Number.isFinite(distance) || distance === 0) continue;
    different++;
    if (distance > bound(i)) noticed++;
  }
  if (noticed < NOTICED * different)
    throw new Error(`${what} would be within the bound at ${different - noticed} of ${different} values`);
}
