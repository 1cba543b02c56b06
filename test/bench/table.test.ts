import { describe, expect, it } from "vitest";
import { spreadOf } from "../../bench/statistics.js";
import { digits, formatTable, percent, times } from "../../bench/table.js";

describe("formatTable", () => {
  it("aligns, and leaves out columns without a cell", () => {
    const table = formatTable(
      [
        { title: "name", cell: (r: { n: string; x: number }) => r.n, align: "left" },
        { title: "x", cell: (r) => String(r.x) },
        { title: "nothing", cell: () => "" },
      ],
      [
        { n: "a", x: 1 },
        { n: "longer", x: 1000 },
      ],
    );
    expect(table.split("\n")).toEqual([
      "| name   |    x |",
      "| ------ | ---: |",
      "| a      |    1 |",
      "| longer | 1000 |",
    ]);
  });
});

describe("numbers", () => {
  it.each([
    [0.01234, "0.0123"],
    [1.005, "1.00"],
    [12345.6, "12346"],
    [0, "0"],
    [Number.NaN, "NaN"],
    [undefined, ""],
  ])("digits(%s) is %s", (value, text) => {
    expect(digits(value)).toBe(text);
  });

  it("writes shares and ratios", () => {
    expect(percent(0.457)).toBe("46%");
    expect(times(5.314)).toBe("5.31x");
    expect([percent(undefined), times(undefined)]).toEqual(["", ""]);
  });
});

describe("spreadOf", () => {
  it("interpolates order statistics of unsorted samples", () => {
    expect(spreadOf([4, 1, 3, 2])).toEqual({ median: 2.5, p25: 1.75, p75: 3.25, min: 1, samples: 4 });
    expect(spreadOf([7])).toEqual({ median: 7, p25: 7, p75: 7, min: 7, samples: 1 });
  });

  it("wants at least one", () => {
    expect(() => spreadOf([])).toThrow("no samples");
  });
});
