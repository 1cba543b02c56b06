import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { build } from "esbuild";

export const root = fileURLToPath(new URL("../..", import.meta.url));

/** Builds the package as it is published, from the sources as they are; beside `dist`, which others may be using. */
export async function buildPackage(): Promise<string> {
  const folder = `${root}node_modules/.cache/unifool/browser/dist`;
  await promisify(execFile)(process.execPath, [`${root}build.mjs`, `--out=${folder}`]);
  return folder;
}

/** Bundles what runs in the page; what it imports from the sources' index it gets from the built package. */
export async function bundlePage(): Promise<string> {
  const { outputFiles } = await build({
    entryPoints: [`${root}test/browser/page.ts`],
    bundle: true,
    format: "esm",
    target: "es2022",
    write: false,
    logLevel: "error",
    plugins: [
      {
        name: "built package",
        setup({ onResolve }) {
          onResolve({ filter: /src\/index\.js$/ }, () => ({ path: "/dist/index.js", external: true }));
        },
      },
    ],
  });
  return outputFiles[0].text;
}
