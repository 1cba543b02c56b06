import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, expect, it } from "vitest";

const root = fileURLToPath(new URL("../..", import.meta.url));
const folder = mkdtempSync(join(tmpdir(), "unifool-build-"));
afterAll(() => rmSync(folder, { recursive: true }));

it("keeps the declarations where it makes none, and nothing else of an earlier build", () => {
  mkdirSync(join(folder, "types"));
  mkdirSync(join(folder, "chunks"));
  writeFileSync(join(folder, "types", "index.d.ts"), "export {};\n");
  writeFileSync(join(folder, "chunks", "chunk-OLD.js"), "");
  execFileSync(process.execPath, [`${root}build.mjs`, `--out=${folder}`]);
  const kept = ["types/index.d.ts", "index.js", "cli.js", "worker.js", "chunks/chunk-OLD.js"];
  expect(kept.map((name) => existsSync(join(folder, name)))).toEqual([true, true, true, true, false]);
});
