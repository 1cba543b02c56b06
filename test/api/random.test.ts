import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { randomOrder, randomSource, xoshiro128 } from "../../src/api/random.js";

describe("random numbers", () => {
  it("xoshiro128** gives the reference generator's first outputs for the state 1, 2, 3, 4", () => {
    // From the authors' C code; the same ten numbers are the test vector of Rust's rand_xoshiro.
    const next = xoshiro128([1, 2, 3, 4]);
    expect(Array.from({ length: 10 }, next)).toEqual([
      11520, 0, 5927040, 70819200, 2031721883, 1637235492, 1287239034, 3734860849, 3729100597, 4258142804,
    ]);
  });

  it("seeds, also those beyond 32 bits, give different and repeatable streams", () => {
    const first = (seed: number) => Array.from({ length: 4 }, randomSource(seed)).join();
    const seeds = [0, 1, 2, 2 ** 32, 2 ** 32 + 1, Number.MAX_SAFE_INTEGER];
    expect(new Set(seeds.map(first)).size).toBe(seeds.length);
    for (const seed of seeds) expect(first(seed)).toBe(first(seed));
  });

  it("an order is a permutation", () => {
    fc.assert(
      fc.property(fc.nat(200), fc.nat(), (n, seed) => {
        const order = randomOrder(n, randomSource(seed));
        expect([...order].sort((a, b) => a - b)).toEqual(Array.from({ length: n }, (_, i) => i));
      }),
    );
  });

  it("every order of three is equally likely", () => {
    const random = randomSource(5);
    const counts = new Map<string, number>();
    const runs = 60_000;
    for (let i = 0; i < runs; i++) {
      const key = randomOrder(3, random).join();
      counts.set(key, (counts.get(key) ?? 0) + 1);
    }
    expect(counts.size).toBe(6);
    // Six binomials of mean 10000 and standard deviation 91: five of them either way.
    for (const count of counts.values()) expect(Math.abs(count - runs / 6)).toBeLessThan(5 * 91.3);
  });
});
