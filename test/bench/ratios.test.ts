import { describe, expect, it } from "vitest";
import type { Check } from "../../bench/checks/verdict.js";
import { withRatios } from "../../bench/ratios.js";
import { failures, type Row, refusals, resultTable } from "../../bench/report.js";

const passed: Check = { passed: true, against: "it", error: 1e-6, allowed: 1e-4, unit: "of its norm" };

/** A row whose calls take `median` ms, the shortest 0.8 of that. */
function row(engine: string, variant: string, threads: number, median: number): Row {
  const c = { op: "jacobian", network: "resnet20", batch: 1, classes: 10 } as const;
  return {
    ...c,
    name: `jacobian/resnet20/${engine}/${variant}/1/10`,
    engine,
    variant,
    threads,
    ours: engine === "wasm",
    scope: "end to end",
    check: passed,
    time: { median, p25: median, p75: median, min: 0.8 * median, samples: 9 },
  };
}

describe("withRatios", () => {
  it("divides the peer's best on as many threads", () => {
    const rows = withRatios([
      row("wasm", "simd-1t", 1, 10),
      row("wasm", "simd-2t", 2, 6),
      row("torch", "1.13-channels_last-1t", 1, 30),
      row("torch", "1.13-contiguous-1t", 1, 40),
      row("torch", "1.13-contiguous-2t", 2, 24),
    ]);
    expect(rows[0].faster).toEqual({
      torch: { median: 3, min: 3, peer: "jacobian/resnet20/torch/1.13-channels_last-1t/1/10" },
    });
    expect(rows[1].faster?.torch).toMatchObject({ median: 4 });
    expect(rows.slice(2).every((r) => r.faster === undefined)).toBe(true);
    expect(resultTable(rows)).toContain("3.00x (3.00x)");
  });

  it("refuses a peer that is slower on two threads than on one", () => {
    const [one, two] = withRatios([
      row("wasm", "simd-1t", 1, 10),
      row("wasm", "simd-2t", 2, 6),
      row("torch", "1.13-1t", 1, 30),
      row("torch", "1.13-2t", 2, 31),
    ]);
    expect(one.faster?.torch).toMatchObject({ median: 3 });
    expect(two.faster?.torch).toHaveProperty("refused");
    expect(refusals([one, two])).toEqual([
      expect.stringContaining("takes 31.0 ms on 2 threads, 30.0 on one"),
    ]);
    expect(resultTable([two])).toContain("refused");
  });

  it("takes no ratio across numbers of threads, nor to what was not timed", () => {
    const [own] = withRatios([row("wasm", "simd-2t", 2, 6), row("torch", "1.13-1t", 1, 30)]);
    expect(own.faster).toBeUndefined();
    const wrong = { ...row("torch", "1.13-1t", 1, 30), time: undefined, check: { ...passed, passed: false } };
    const rows = withRatios([row("wasm", "simd-1t", 1, 6), wrong]);
    expect(rows[0].faster).toBeUndefined();
    expect(failures(rows)).toHaveLength(1);
  });

  it("keeps a peer's backends apart, not its versions", () => {
    const [own] = withRatios([
      row("wasm", "simd-1t", 1, 6),
      row("tfjs", "wasm-4.22", 1, 30),
      row("tfjs", "cpu-4.22", 1, 300),
    ]);
    expect(Object.keys(own.faster!)).toEqual(["tfjs wasm", "tfjs cpu"]);
  });
});
