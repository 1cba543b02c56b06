import { execFile } from "node:child_process";
import { cpSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { buildPackage } from "../browser/package_build.js";
import { runCommandLine } from "../cli/support/command_line.js";
import { writeRawFolder, writeTinyModel } from "../cli/support/tiny_model.js";
import { openGpu } from "../support/webgpu.js";

const gpu = await openGpu();
let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "unifool-webgpu-"));
});
afterAll(() => rmSync(folder, { recursive: true }));

/** The built package where `webgpu` is installed, and a copy where it is not. */
let dist: string;
let alone: string;
beforeAll(async () => {
  dist = await buildPackage();
  alone = join(folder, "dist");
  cpSync(dist, alone, { recursive: true });
  writeFileSync(join(folder, "package.json"), '{ "type": "module" }');
});

/** Runs a script that has the package's exports, as a process of its own that must end by itself. */
async function runScript(from: string, source: string): Promise<string> {
  const script = `import * as unifool from ${JSON.stringify(`file://${from}/index.js`)};\n${source}`;
  const file = join(folder, "script.mjs");
  writeFileSync(file, script);
  const { stdout } = await promisify(execFile)(process.execPath, [file], { timeout: 60_000 });
  return stdout;
}

const SPEC = `{
  input: { name: "image", shape: [1, 1, 2] },
  nodes: [
    { op: "Flatten", name: "flat", inputs: ["image"] },
    { op: "Gemm", name: "scores", inputs: ["flat"], units: 2, weights: Float32Array.of(1, 2, 3, 4) },
  ],
  output: "scores",
}`;

describe("the built package with backend webgpu in Node", () => {
  it("says what to install where the package webgpu is missing", async () => {
    const source = `
      const error = await unifool.compile(${SPEC}, { backend: "webgpu" }).catch((error) => error);
      console.log(error instanceof unifool.EngineError, error.message);`;
    expect(await runScript(alone, source)).toBe(
      'true compile: backend "webgpu" needs the npm package webgpu in Node, expected it beside unifool ' +
        "(npm install webgpu)\n",
    );
  });

  it.skipIf(!gpu)("computes, and lets the process end", async () => {
    const source = `
      const net = await unifool.compile(${SPEC}, { backend: "webgpu" });
      const { logits } = await net.logits(Float32Array.of(1, 10));
      const { values } = await net.jacobian(Float32Array.of(1, 10), { classes: 2 });
      const { succeeded } = await unifool.deepfool(net, Float32Array.of(1, 10), { classes: 2 });
      const second = await unifool.compile(${SPEC}, { backend: "webgpu" });
      await second.logits(Float32Array.of(1, 10));
      second.dispose();
      const { logits: again } = await net.logits(Float32Array.of(1, 10));
      console.log(JSON.stringify([net.backend, [...logits], [...values], [...succeeded], [...again]]));
      // Not disposed of: an engine must not keep the process alive.`;
    const output = await runScript(dist, source);
    expect(JSON.parse(output)).toEqual(["webgpu", [31, 42], [2, 4, 1, 3], [1], [31, 42]]);
  });

  it.skipIf(!gpu)("runs from the command line, which says what it runs on", async () => {
    const args = [
      "--model",
      writeTinyModel(join(folder, "model")),
      "--images",
      writeRawFolder(join(folder, "images"), 5),
    ];
    const { code, stdout, stderr } = await runCommandLine(`${dist}/cli.js`, [
      "deepfool",
      ...args,
      "--backend",
      "webgpu",
    ]);
    expect(code, stderr).toBe(0);
    expect(stderr).toMatch(/^model .*\(webgpu, .+\)$/m);
    expect(stdout).toMatch(/5/);
    const json = await runCommandLine(`${dist}/cli.js`, [
      "deepfool",
      ...args,
      "--backend",
      "webgpu",
      "--json",
    ]);
    expect(JSON.parse(json.stdout)).toMatchObject({ command: "deepfool", backend: "webgpu", images: 5 });
    const wasm = await runCommandLine(`${dist}/cli.js`, ["deepfool", ...args, "--backend", "wasm", "--json"]);
    const [ours, theirs] = [json, wasm].map((run) => JSON.parse(run.stdout));
    expect(ours.succeeded).toBe(theirs.succeeded);
    expect(ours.meanL2).toBeCloseTo(theirs.meanL2, 4);
  });
});
