import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

const root = fileURLToPath(new URL("../..", import.meta.url));
let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "unifool-types-"));
});
afterAll(() => rmSync(folder, { recursive: true }));

/** What the compiler prints: nothing where all is well. */
function tsc(...args: string[]): string {
  try {
    return execFileSync(process.execPath, [`${root}node_modules/typescript/bin/tsc`, ...args], {
      encoding: "utf8",
    });
  } catch (error) {
    return (error as { stdout: string }).stdout;
  }
}

/** Compiles a user's file against the declarations, checking those too. */
function errorsOf(source: string, types: readonly string[]): string {
  writeFileSync(join(folder, "user.ts"), source);
  const compilerOptions = {
    target: "ES2022",
    module: "NodeNext",
    lib: ["ES2022", "DOM"],
    strict: true,
    skipLibCheck: false,
    noEmit: true,
    types,
    typeRoots: [`${root}node_modules`],
  };
  writeFileSync(join(folder, "tsconfig.json"), JSON.stringify({ compilerOptions, files: ["user.ts"] }));
  return tsc("-p", folder);
}

const SOURCE = `
import { compile, deepfool, universalPerturbation } from "./declarations/index.js";
import * as kernels from "./declarations/kernels.js";
export const calls = [compile, deepfool, universalPerturbation, kernels];
`;

describe("the declarations that are published", () => {
  beforeAll(() => {
    expect(tsc("-p", `${root}tsconfig.build.json`, "--outDir", join(folder, "declarations"))).toBe("");
  });

  it("compile without the types of Node, WebGPU or tfjs", () => {
    expect(errorsOf(SOURCE, [])).toBe("");
  });

  it("compile with those of WebGPU", () => {
    const source = `${SOURCE}export const size = (device: GPUDevice): number => device.limits.maxBufferSize;\n`;
    expect(errorsOf(source, ["@webgpu/types"])).toBe("");
  });
});
