import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { build } from "esbuild";

export const root = fileURLToPath(new URL("../..", import.meta.url));

/**
 * Builds the package as it is published, from the sources as they are; beside `dist`, which others may be using.
 *
 * @param name tells the builds of test files that run side by side apart
 * @param flags further ones of build.mjs
 */
export async function buildPackage(name: string, flags: readonly string[] = []): Promise<string> {
  const folder = `${root}node_modules/.cache/unifool/${name}/dist`;
  await promisify(execFile)(process.execPath, [`${root}build.mjs`, `--out=${folder}`, ...flags]);
  return folder;
}

/**
 * Bundles what runs in the page; what it imports from the sources' entries it gets from the built package.
 *
 * @param name of a script of this folder
 */
export async function bundlePage(name: "page" | "engine_page" | "images_page"): Promise<string> {
  const { outputFiles } = await build({
    entryPoints: [`${root}test/browser/${name}.ts`],
    bundle: true,
    format: "esm",
    target: "es2022",
    write: false,
    logLevel: "error",
    plugins: [
      {
        name: "built package",
        setup({ onResolve }) {
          onResolve({ filter: /src\/(index|images)\.js$/ }, ({ path }) => ({
            path: path.replace(/^.*src/, "/dist"),
            external: true,
          }));
        },
      },
    ],
  });
  return outputFiles[0].text;
}
