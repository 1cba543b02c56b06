import { describe, expect, it } from "vitest";
import { callsASample, clockTick, timed } from "../../bench/measure.js";

/** A clock that goes on by `step` with every look, but shows whole multiples of `tick`. */
function coarseClock(step: number, tick: number): () => number {
  let time = 0;
  return () => {
    time += step;
    return Math.floor(time / tick) * tick;
  };
}

describe("a clock that pages have coarsened", () => {
  it("has its tick found", () => {
    expect(clockTick(coarseClock(0.01, 0.125))).toBe(0.125);
    expect(clockTick()).toBeGreaterThan(0);
  });

  it("is given as many calls as it can tell", async () => {
    let time = 0;
    const call = (): void => {
      time += 3;
    };
    // Four calls last 12, eight 24.
    expect(await callsASample(call, 20, () => time)).toBe(8);
    expect(await callsASample(call, 3, () => time)).toBe(1);
  });

  it("gives times of one call, none of them 0", async () => {
    let calls = 0;
    const nothing = timed(
      "nothing",
      () => {
        calls++;
      },
      0,
    );
    const samples = await nothing.sample(2);
    expect(samples.length).toBeGreaterThan(0);
    expect(calls).toBeGreaterThan(samples.length);
    expect(Math.min(...samples)).toBeGreaterThan(0);
  });
});
