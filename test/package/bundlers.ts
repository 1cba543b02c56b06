import { execFile } from "node:child_process";
import { cpSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { root } from "../browser/package_build.js";

/** What a test installs beside what this repository has. */
export const BUNDLER_PACKAGES = {
  "@rollup/plugin-node-resolve": "16.0.3",
  parcel: "2.16.4",
  webpack: "5.113.0",
};

export const BUNDLERS = ["esbuild", "vite", "rollup", "webpack", "parcel"] as const;
export type Bundler = (typeof BUNDLERS)[number];

/** How the script for workers gets an address: what docs/embedding.md says for each bundler. */
export const WORKER: Readonly<Record<Bundler, string>> = {
  esbuild: `const workerUrl = "/worker.js";`,
  vite: `import workerUrl from "unifool/worker?url";`,
  rollup: `const workerUrl = "/worker.js";`,
  webpack: `const workerUrl = new URL("unifool/worker", import.meta.url);`,
  parcel: `const workerUrl = "/worker.js";`,
};

const page = (bundler: Bundler): string => `import { compile, deepfool } from "unifool";
${WORKER[bundler]}
async function run() {
  const served = location.search === "?served";
  const net = await compile("/model/model.json", served ? { workerUrl } : {});
  const images = Float32Array.from({ length: net.inputShape.reduce((a, b) => a * b, 1) }, (_, i) => (i % 7) / 7);
  const { newLabels, succeeded } = await deepfool(net, images);
  const { backend, threads, warnings } = net;
  net.dispose();
  return { backend, threads, warnings: [...warnings], newLabels: [...newLabels], succeeded: [...succeeded] };
}
globalThis.finished = run().catch((error) => ({ error: String(error) }));
`;

const html = (script: string): string =>
  `<!doctype html><html lang="en"><title>unifool</title><body>${script}</body></html>`;

/**
 * Builds a page that crafts with the package.
 *
 * @param unifool the package, unpacked
 * @param tools where `BUNDLER_PACKAGES` are installed
 * @returns the folder to serve, and all that the bundler had to say
 */
export async function bundleApp(
  bundler: Bundler,
  folder: string,
  unifool: string,
  tools: string,
): Promise<{ folder: string; complaints: string[] }> {
  const app = join(folder, bundler);
  const out = join(app, "out");
  mkdirSync(join(app, "node_modules"), { recursive: true });
  mkdirSync(out);
  // A copy: some bundlers look at where a link leads, and find the repository's packages there.
  cpSync(unifool, join(app, "node_modules/unifool"), { recursive: true });
  writeFileSync(join(app, "package.json"), JSON.stringify({ private: true, type: "module" }));
  writeFileSync(join(app, "main.js"), page(bundler));
  const entry =
    bundler === "webpack"
      ? `<script defer src="main.js"></script>`
      : `<script type="module" src="main.js"></script>`;
  writeFileSync(join(bundler === "vite" ? app : out, "index.html"), html(entry));
  const script = fileURLToPath(new URL("bundle.mjs", import.meta.url));
  const { stdout } = await promisify(execFile)(process.execPath, [script, bundler, app, out, tools, root], {
    cwd: app,
  });
  cpSync(join(app, "node_modules/unifool/dist/worker.js"), join(out, "worker.js"));
  return { folder: `${out}/`, complaints: JSON.parse(stdout.split("\n").filter(Boolean).at(-1)!) };
}
