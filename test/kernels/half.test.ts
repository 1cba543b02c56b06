import { describe, expect, test } from "vitest";
import { halfScale, packHalves } from "../../src/kernels/webgpu/half.js";
import { roundedToHalf } from "../support/half_weights.js";
import { randomValues } from "../support/random_values.js";

/** What a kernel makes of packed weights: `scale * h`. */
function stored(weights: Float32Array, scale = halfScale(weights) as number): number[] {
  return [...packHalves(weights, scale)]
    .flatMap((word) => [word & 0xffff, word >>> 16])
    .map((bits) => {
      const [exponent, fraction] = [(bits >> 10) & 31, bits & 1023];
      const magnitude = exponent === 0 ? fraction * 2 ** -24 : (1 + fraction / 1024) * 2 ** (exponent - 15);
      if (exponent === 31 || (exponent === 0 && fraction > 0))
        throw new Error(`half ${bits} is infinite or subnormal`);
      return (bits & 0x8000 ? -1 : 1) * magnitude * scale;
    });
}

const U = 2 ** -11;

describe("weights in half precision", () => {
  test.each([-97, -60, -24, -15, -14, 0, 1, 15, 16, 100, 126])("of magnitude 2^%i", (exponent) => {
    const random = randomValues(exponent + 200);
    const size = 2 ** exponent;
    // Ties, neighbours of ties and of powers of two, the ends of the range, and all magnitudes down to nothing.
    const special = [
      1,
      1 + U,
      1 + 3 * U,
      1 + U + 2 ** -23,
      1 + U - 2 ** -23,
      2 - 2 ** -23,
      1 - 2 ** -24,
      0,
      -0,
    ];
    const small = [
      2 ** -28,
      2 ** -29,
      2 ** -29 * (1 - 2 ** -23),
      2 ** -28 * (1 - 2 ** -24),
      2 ** -30,
      2 ** -50,
    ];
    const drawn = Array.from({ length: 2001 }, () => random.uniform(-2, 2) * 2 ** -random.integer(0, 40));
    const weights = Float32Array.from([...special, ...small, ...drawn], (v) => v * size);
    const found = stored(weights);
    const most = Math.max(...weights.map(Math.abs));
    expect([...roundedToHalf(weights)].map((w) => w + 0)).toEqual(found.map((w) => w + 0));
    const close = (i: number) =>
      Math.abs(found[i] - weights[i]) <= Math.max(U * Math.abs(weights[i]), 2 ** -29 * most);
    // What a kernel multiplies is a float32 as it is, and no subnormal one.
    const normal = (v: number) => Math.fround(v) === v && (v === 0 || Math.abs(v) >= 2 ** -126);
    expect([...weights].filter((_, i) => !close(i) || !normal(found[i]))).toEqual([]);
  });

  test("every half there is comes back as it went in", () => {
    const halves = Float32Array.from({ length: 29 * 1024 }, (_, i) => {
      const [exponent, fraction] = [1 + Math.floor(i / 1024), i % 1024];
      return (i % 2 === 0 ? 1 : -1) * (1 + fraction / 1024) * 2 ** (exponent - 15);
    });
    expect(halfScale(halves)).toBe(1);
    expect(stored(halves)).toEqual([...halves]);
  });

  test("zeros are zeros, and weights at the ends of float32 have no scale", () => {
    expect(stored(new Float32Array(6))).toEqual([0, 0, 0, 0, 0, 0]);
    expect(halfScale(Float32Array.of(0, -(2 ** -98)))).toBeUndefined();
    expect(halfScale(Float32Array.of(2 ** -149))).toBeUndefined();
    expect(halfScale(Float32Array.of(1, -(2 ** 127)))).toBeUndefined();
  });
});
