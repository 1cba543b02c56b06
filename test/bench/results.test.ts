import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { defaultFiles } from "../../bench/across/read.js";
import { parseReport, type Report, reportText, SCHEMA } from "../../bench/results.js";

const report = {
  schema: SCHEMA,
  machine: {
    cpu: "a",
    cores: 2,
    memoryGB: 8,
    platform: "linux x64",
    runtime: { name: "Node", version: "v20", isolated: true },
    node: "v20",
    v8: "11",
    date: "d",
    command: "c",
  },
  adapters: { webgpu: { name: "llvmpipe", software: true } },
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
  absent: [{ engine: "tfjs-webgl", network: "demo", reason: "Node has no WebGL" }],
} as unknown as Report;

describe("parseReport", () => {
  it("reads what was written", () => {
    expect(parseReport(reportText(report), "a.json")).toEqual(report);
  });

  it("reads files of when there was Node alone", () => {
    const { runtime: _, ...machine } = report.machine;
    const { adapters: __, absent: ___, ...older } = report;
    const read = parseReport(JSON.stringify({ ...older, machine }), "a.json");
    expect(read.machine.runtime).toEqual({ name: "Node", version: "v20", isolated: true });
    expect([read.adapters, read.absent]).toEqual([{}, []]);
  });

  const [row] = report.rows;
  it.each<[string, object, string]>([
    ["another schema", { schema: SCHEMA + 1 }, `schema is ${SCHEMA + 1}`],
    ["no command", { machine: { ...report.machine, command: undefined } }, "machine.command is missing"],
    [
      "no runtime",
      { machine: { ...report.machine, runtime: undefined, node: undefined } },
      "neither runtime nor node",
    ],
    ["an adapter that may be anything", { adapters: { webgl: { name: "x" } } }, "adapters.webgl has no name"],
    [
      "an absence without a reason",
      { absent: [{ engine: "a", network: "b" }] },
      "no engine, network or reason",
    ],
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
    const files = defaultFiles(fileURLToPath(new URL("../../", import.meta.url)));
    expect(files.length).toBeGreaterThan(3);
    for (const file of files) {
      const { rows } = parseReport(readFileSync(file, "utf8"), file);
      expect(rows.length, file).toBeGreaterThan(0);
      expect(rows.filter((r) => !r.check.passed).map((r) => r.name)).toEqual([]);
    }
  });
});
