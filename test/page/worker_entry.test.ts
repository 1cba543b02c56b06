import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { build } from "vite";
import { expect, test } from "vitest";
import { root } from "../browser/package_build.js";

// WebKit runs the script that a worker begins with once more where a chunk imports it.
test.each(["examples/page", "bench/page"])(
  "no script of %s imports what its worker begins with",
  async (page) => {
    const outDir = mkdtempSync(join(tmpdir(), "unifool-page-"));
    try {
      await build({
        configFile: `${root}${page}/vite.config.ts`,
        logLevel: "error",
        build: { outDir, emptyOutDir: true },
      });
      const scripts = readdirSync(outDir, { recursive: true, encoding: "utf8" }).filter((p) =>
        p.endsWith(".js"),
      );
      const entry = scripts
        .find((path) => /\bentry-[^/]*\.js$/.test(path))
        ?.split("/")
        .at(-1) as string;
      const naming = scripts.filter((path) => readFileSync(join(outDir, path), "utf8").includes(entry));
      // The page names it, as the address of the worker.
      expect(naming).toHaveLength(1);
      const text = readFileSync(join(outDir, naming[0]), "utf8");
      expect(text).toMatch(new RegExp(`new Worker\\([\\s\\S]{0,120}${entry.replaceAll(".", "\\.")}`));
      expect(
        readFileSync(join(outDir, scripts.find((path) => path.endsWith(entry)) as string), "utf8").length,
      ).toBeLessThan(1000);
    } finally {
      rmSync(outDir, { recursive: true });
    }
  },
  120_000,
);
