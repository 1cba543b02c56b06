import { expect } from "vitest";

/** Fails at the first value that is off by more than its bound, or NaN where the other is not. */
export function expectWithin(
  actual: ArrayLike<number>,
  expected: ArrayLike<number>,
  bound: (i: number) => number,
): void {
  expect(actual.length).toBe(expected.length);
  for (let i = 0; i < expected.length; i++) {
    if (Object.is(actual[i], expected[i])) continue;
    if (!(Math.abs(actual[i] - expected[i]) <= bound(i)))
      throw new Error(`value ${i} is ${actual[i]}, expected ${expected[i]} within ${bound(i)}`);
  }
}

/** Fails at the first value that is another one, -0 and NaN included. Faster than `toEqual`, and brief. */
export function expectSame(actual: ArrayLike<number>, expected: ArrayLike<number>): void {
  expect(actual.length).toBe(expected.length);
  for (let i = 0; i < expected.length; i++)
    if (!Object.is(actual[i], expected[i]))
      throw new Error(`value ${i} is ${actual[i]}, expected ${expected[i]}`);
}
