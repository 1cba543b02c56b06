import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { build } from "esbuild";
import { oncePerRun } from "../support/once.js";

export const root = fileURLToPath(new URL("../..", import.meta.url));

/**
 * Builds the package as it is published, from the sources as they are; beside `dist`, which others may be using. Test files
 * that ask for no flags share a build.
 *
 * @param flags further ones of build.mjs
 */
export async function buildPackage(flags: readonly string[] = []): Promise<string> {
  const build = async (folder: string) => {
    await promisify(execFile)(process.execPath, [`${root}build.mjs`, `--out=${folder}/dist`, ...flags]);
  };
  return `${await oncePerRun(["package", ...flags].join("").replaceAll(/\W/g, "-"), build)}/dist`;
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
