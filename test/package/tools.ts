import { execFile } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { root } from "../browser/package_build.js";

/**
 * Installs packages that only one test needs, and remembers them; undefined, with a line that says so, where npm cannot. In CI it must.
 *
 * @param packages what package.json's `dependencies` would say, exact versions
 * @returns the folder of `node_modules`
 */
export async function installTools(
  name: string,
  packages: Readonly<Record<string, string>>,
): Promise<string | undefined> {
  const folder = join(root, "node_modules/.cache/unifool/tools", name);
  const manifest = JSON.stringify({ private: true, type: "module", dependencies: packages });
  const done = join(folder, "installed.json");
  if (!existsSync(done) || readFileSync(done, "utf8") !== manifest) {
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, "package.json"), manifest);
    try {
      const quiet = ["--no-audit", "--no-fund", "--no-package-lock", "--loglevel=error"];
      await promisify(execFile)("npm", ["install", ...quiet], { cwd: folder });
    } catch (error) {
      if (process.env.CI === "true") throw error;
      console.log(`skipped: npm install of ${Object.keys(packages).join(", ")} failed`);
      return undefined;
    }
    writeFileSync(done, manifest);
  }
  return join(folder, "node_modules");
}
