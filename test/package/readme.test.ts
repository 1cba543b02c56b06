import { execFileSync } from "node:child_process";
import {
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { buildPackage } from "../browser/package_build.js";

const root = join(import.meta.dirname, "../..");
const programs = [...readFileSync(join(root, "README.md"), "utf8").matchAll(/```js\n(.*?)```/gs)].map(
  ([, code]) => code,
);

describe("programs of the README run as pasted, where the package is installed", () => {
  let folder: string;
  beforeAll(async () => {
    const dist = await buildPackage();
    folder = mkdtempSync(join(tmpdir(), "unifool-readme-"));
    const installed = join(folder, "node_modules/unifool");
    mkdirSync(installed, { recursive: true });
    copyFileSync(join(root, "package.json"), join(installed, "package.json"));
    symlinkSync(dist, join(installed, "dist"));
    symlinkSync(join(root, "demo"), join(installed, "demo"));
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  it("there is one", () => {
    expect(programs).toHaveLength(1);
  });

  it.each(programs)("program %$", (code) => {
    const file = join(folder, "uap.mjs");
    writeFileSync(file, code);
    const text = execFileSync(process.execPath, [file], { encoding: "utf8", cwd: folder });
    const [, percent] = text.match(
      /^No pixel changes by more than 10 of 255, and (\d+) % of 200 images are fooled$/m,
    )!;
    expect(Number(percent)).toBeGreaterThan(60);
  });
});
