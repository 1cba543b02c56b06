import { execFile } from "node:child_process";
import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { root } from "../browser/package_build.js";

/** What npm would publish, made from the sources as they are. */
export interface Packed {
  /** The .tgz file. */
  readonly tarball: string;
  /** Bytes of it. */
  readonly size: number;
  readonly files: readonly string[];
  /** The package, unpacked. */
  readonly folder: string;
  /** By the path of each bundle from the repository: the sources in it. */
  readonly bundles: Readonly<Record<string, readonly string[]>>;
}

/** @param name tells the builds of test files that run side by side apart */
export async function packPackage(name: string): Promise<Packed> {
  const place = join(root, "node_modules/.cache/unifool", name);
  const folder = join(place, "package");
  rmSync(place, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  const run = promisify(execFile);
  const meta = join(place, "meta.json");
  const flags = [`--out=${join(folder, "dist")}`, "--types", `--meta=${meta}`];
  await run(process.execPath, [join(root, "build.mjs"), ...flags]);
  const manifest = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as { files: string[] };
  for (const path of manifest.files)
    if (path !== "dist") cpSync(join(root, path), join(folder, path), { recursive: true });
  writeFileSync(join(folder, "package.json"), JSON.stringify(manifest));
  const { stdout } = await run("npm", ["pack", "--json", "--ignore-scripts", "--pack-destination", place], {
    cwd: folder,
  });
  const [report] = Object.values(JSON.parse(stdout)) as {
    filename: string;
    size: number;
    files: { path: string }[];
  }[];
  const { outputs } = JSON.parse(readFileSync(meta, "utf8")) as {
    outputs: Record<string, { inputs: Record<string, { bytesInOutput: number }> }>;
  };
  return {
    tarball: join(place, report.filename),
    size: report.size,
    files: report.files.map(({ path }) => path),
    folder,
    bundles: Object.fromEntries(
      Object.entries(outputs).map(([path, { inputs }]) => [
        path,
        Object.keys(inputs).filter((source) => inputs[source].bytesInOutput > 0),
      ]),
    ),
  };
}
