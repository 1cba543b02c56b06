import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, describe, expect, it } from "vitest";
import { parseOptions } from "../../bench/options.js";
import { planGroups } from "../../bench/plan.js";
import type { Row } from "../../bench/report.js";

const program = fileURLToPath(new URL("../../bench/run.mjs", import.meta.url));
const folder = mkdtempSync(join(tmpdir(), "unifool-bench-test-"));
afterAll(() => rmSync(folder, { recursive: true }));

describe("npm run bench", () => {
  it("checks and times a row, prints it and writes it", () => {
    const json = join(folder, "bench.json");
    const args = "--networks demo --ops jacobian --batches 2 --classes 3 --engines wasm-simd --threads 0";
    const quiet = "--seconds 0.05 --no-roofline --no-cold --no-profile --json";
    const text = execFileSync(process.execPath, [program, ...args.split(" "), ...quiet.split(" "), json], {
      encoding: "utf8",
      stdio: ["ignore", "pipe", "ignore"],
    });
    const name = "jacobian/demo/wasm/simd/2/3";
    expect(text).toContain(`| ${name} `);
    const report = JSON.parse(readFileSync(json, "utf8")) as { machine: { node: string }; rows: Row[] };
    const row = report.rows.find((r) => r.name === name)!;
    expect(row.check).toMatchObject({ passed: true, against: "reference, one row" });
    expect(row.millisecondsPerImage).toBeCloseTo(row.time!.median / 2);
    expect(row.gflops).toBeGreaterThan(0);
    expect(report.machine.node).toBe(process.version);
  });
});

describe("options", () => {
  it("name what is wrong", () => {
    expect(() => parseOptions(["--ops", "gradient"])).toThrow("--ops has gradient, expected logits");
    expect(() => parseOptions(["--batches", "0"])).toThrow("--batches has 0, expected an integer from 1");
    expect(() => parseOptions(["--wrong"])).toThrow();
    expect(parseOptions(["--help"])).toBeUndefined();
  });

  it("combine operations, batches and classes", () => {
    const options = parseOptions(["--ops", "logits,jacobian", "--batches", "1,8", "--classes", "4,32"])!;
    const cases = planGroups(options, ["resnet20"]).map((g) => g.case);
    expect(cases.map((c) => `${c.op} ${c.batch} ${c.classes}`)).toEqual([
      "logits 1 0",
      "logits 8 0",
      "jacobian 1 4",
      "jacobian 1 32",
      "jacobian 8 4",
      "jacobian 8 32",
    ]);
  });
});
