import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

const root = join(import.meta.dirname, "../..");
const programs = [...readFileSync(join(root, "README.md"), "utf8").matchAll(/```js\n(.*?)```/gs)].map(
  ([, code]) => code,
);

describe("programs of the README run as pasted, where the package is installed", () => {
  let folder: string;
  beforeAll(() => {
    execFileSync(process.execPath, ["build.mjs", "--quiet"], { cwd: root, stdio: "ignore" });
    folder = mkdtempSync(join(tmpdir(), "unifool-readme-"));
    mkdirSync(join(folder, "node_modules"));
    symlinkSync(root, join(folder, "node_modules/unifool"));
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
