import { expect } from "vitest";

/** Equal but for a few roundings of numbers of the order of 10. */
export function expectValues(actual: Float64Array, expected: readonly number[]): void {
  expect(actual.length).toBe(expected.length);
  expected.forEach((value, i) => {
    expect(Math.abs(actual[i] - value), `value ${i} is ${actual[i]}, not ${value}`).toBeLessThan(1e-14);
  });
}
