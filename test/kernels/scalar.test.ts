import { expect, test } from "vitest";
import { erf } from "../../src/kernels/element_wise/scalar.js";

test("erf to 2e-15 of values from Abramowitz and Stegun, table 7.1", () => {
  const table = [
    [0, 0],
    [0.5, 0.5204998778130465],
    [1, 0.8427007929497149],
    [2, 0.9953222650189527],
  ];
  for (const [x, value] of table) {
    expect(Math.abs(erf(x) - value)).toBeLessThan(2e-15);
    expect(erf(-x)).toBe(-erf(x));
  }
  expect(erf(6)).toBe(1);
  expect(Math.abs(erf(5.999) - 1)).toBeLessThan(2e-15);
});
