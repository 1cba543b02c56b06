import { build } from "vite";
import { type Site, serve } from "../../test/browser/site.js";
import { root, shared } from "../node_files.js";

/**
 * Builds the bench page.
 *
 * @param name tells the builds of runs that go on side by side apart
 * @returns its folder
 */
export async function buildBenchPage(name: string): Promise<string> {
  const outDir = `${root}node_modules/.cache/unifool/bench-page-${name}`;
  await build({
    configFile: `${root}bench/page/vite.config.ts`,
    logLevel: "error",
    build: { outDir, emptyOutDir: true },
  });
  return outDir;
}

/**
 * Serves the page, with the networks and images of this machine beside it.
 *
 * @param isolated with the headers that give a page shared memory
 */
export function serveBenchPage(outDir: string, isolated: boolean): Promise<Site> {
  const folders = { "/demo/": `${root}demo/`, "/shared/": `${shared}/`, "/": `${outDir}/` };
  return serve(isolated ? "isolated" : "plain", folders, {});
}
