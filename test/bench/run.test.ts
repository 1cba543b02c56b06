import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { AdapterReport } from "../../bench/gpu/adapter.js";
import type { FileReport } from "../../bench/gpu/tests.js";
import type { Row } from "../../bench/report.js";
import { openGpu } from "../support/webgpu.js";

const program = fileURLToPath(new URL("../../bench/run.mjs", import.meta.url));
let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "unifool-bench-test-"));
});
afterAll(() => rmSync(folder, { recursive: true }));

const gpu = await openGpu();

interface GpuReport {
  readonly adapter: AdapterReport;
  readonly tests: readonly FileReport[];
}

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
    expect(row.check).toMatchObject({ passed: true, against: "plain WASM, all 6 rows" });
    expect(row.millisecondsPerImage).toBeCloseTo(row.time!.median / 2);
    expect(row.gflops).toBeGreaterThan(0);
    expect(report.machine.node).toBe(process.version);
  });
});

describe("a peer's folder", () => {
  /** Starts the benchmark with a peer in the place of PyTorch that answers every request so. */
  const start = (name: string, answer: string) => {
    const temporary = join(folder, name);
    mkdirSync(temporary);
    const python = join(folder, `${name}.mjs`);
    const lines = `import { createInterface } from "node:readline";
      createInterface({ input: process.stdin }).on("line", () => {
        ${answer}
      });`;
    writeFileSync(python, `#!${process.execPath}\n${lines}`);
    chmodSync(python, 0o755);
    const args = "--networks demo --ops logits --batches 1 --engines torch --threads 0 --seconds 0.05";
    const quiet = "--no-roofline --no-cold --no-profile";
    const child = spawn(process.execPath, [program, ...args.split(" "), ...quiet.split(" ")], {
      env: { ...process.env, TMPDIR: temporary, PYTHON: python },
      stdio: "ignore",
    });
    return { child, peers: () => readdirSync(temporary).filter((file) => file.startsWith("unifool-bench-")) };
  };

  it.each(["SIGINT", "SIGTERM", "SIGHUP"] as const)("goes with a run that %s ends", async (signal) => {
    const { child, peers } = start(signal, "");
    while (peers().length === 0) await new Promise((resolve) => setTimeout(resolve, 20));
    child.kill(signal);
    expect((await once(child, "exit"))[0]).toBe(1);
    expect(peers()).toEqual([]);
  });

  it.each([
    ["error", `console.log(JSON.stringify({ error: "no" }));`],
    ["death", `process.kill(process.pid, "SIGKILL");`],
    ["answers", `console.log(JSON.stringify({ version: "0", gemm: 99, logits: [], samples: [1] }));`],
  ])("goes with a run that ends by itself, peer: %s", async (name, answer) => {
    const { child, peers } = start(name, answer);
    await once(child, "exit");
    expect(child.exitCode).toBe(name === "answers" ? 1 : 0);
    expect(peers()).toEqual([]);
  });
});

describe.skipIf(!gpu)("npm run bench:gpu", () => {
  it("runs tests of the adapter without vitest and reports each file", () => {
    const json = join(folder, "gpu.json");
    const args = ["gpu", "--no-rows", "--jobs", "2", "--tests", "lintWgsl", "--json", json];
    const env = { ...process.env, UNIFOOL_GPU: process.env.UNIFOOL_GPU ?? "software" };
    const text = execFileSync(process.execPath, [program, ...args], {
      encoding: "utf8",
      env,
      stdio: ["ignore", "pipe", "ignore"],
    });
    expect(text).toMatch(/^tests: 3 passed, 0 failed, \d+ skipped$/m);
    const report = JSON.parse(readFileSync(json, "utf8")) as GpuReport;
    expect(report.adapter.name.length).toBeGreaterThan(0);
    expect(report.tests.find((t) => t.file === "support/webgpu.test")).toMatchObject({
      passed: 3,
      skipped: 2,
    });
  });
});
