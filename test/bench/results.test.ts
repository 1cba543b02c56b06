import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { parseReport, type Report, reportText, SCHEMA } from "../../bench/results.js";

const report = {
  schema: SCHEMA,
  machine: {
    cpu: "a",
    cores: 2,
    memoryGB: 8,
    platform: "linux x64",
    node: "v20",
    v8: "11",
    date: "d",
    command: "c",
  },
  rooflines: [],
  work: {},
  oracles: {},
  rows: [
    {
      name: "logits/demo/wasm/simd/1/0",
      check: { passed: true, against: "it" },
      time: { median: 2, p25: 2, p75: 2, min: 1, samples: 3 },
    },
  ],
  cold: [],
  profiles: [],
} as unknown as Report;

describe("parseReport", () => {
  it("reads what was written", () => {
    expect(parseReport(reportText(report), "a.json")).toEqual(report);
  });

  const [row] = report.rows;
  it.each<[string, object, string]>([
    ["another schema", { schema: SCHEMA + 1 }, `schema is ${SCHEMA + 1}`],
    ["no command", { machine: { ...report.machine, command: undefined } }, "machine.command is missing"],
    ["no rows", { rows: undefined }, "rows is no list"],
    ["a row that was not checked", { rows: [{ ...row, check: undefined }] }, "was not checked"],
    [
      "a wrong row that was timed",
      { rows: [{ ...row, check: { passed: false, against: "it" } }] },
      "was wrong",
    ],
    ["times of nothing", { rows: [{ ...row, time: { ...row.time, samples: 0 } }] }, "no times"],
  ])("refuses %s", (_, change, message) => {
    expect(() => parseReport(JSON.stringify({ ...report, ...change }), "a.json")).toThrow(`a.json: `);
    expect(() => parseReport(JSON.stringify({ ...report, ...change }), "a.json")).toThrow(message);
  });
});

describe("published results", () => {
  it("can be read, and every row was right", () => {
    const folder = fileURLToPath(new URL("../../bench/results/", import.meta.url));
    const files = readdirSync(folder).filter((file) => file.endsWith(".json"));
    expect(files.length).toBeGreaterThan(0);
    for (const file of files) {
      const { rows } = parseReport(readFileSync(folder + file, "utf8"), file);
      expect(rows.length, file).toBeGreaterThan(0);
      expect(rows.filter((r) => !r.check.passed).map((r) => r.name)).toEqual([]);
    }
  });
});
