import { existsSync, readdirSync, readFileSync } from "node:fs";
import { basename } from "node:path";
import { parseReport } from "../results.js";
import { nameRuns, type Run } from "./runs.js";

/** The results that are kept: those of processors and browsers, and those of a GPU. */
export function defaultFiles(root = ""): string[] {
  const folder = `${root}bench/results/`;
  const files = readdirSync(folder)
    .filter((file) => file.endsWith(".json"))
    .sort()
    .map((file) => folder + file);
  const gpu = `${root}bench/gpu/results.json`;
  return existsSync(gpu) ? [...files, gpu] : files;
}

/** @throws Error, one line, for a file that is missing or holds something else */
export function readRuns(files: readonly string[]): Run[] {
  return nameRuns(
    files.map((path) => {
      if (!existsSync(path)) throw new Error(`${path} is not there`);
      const file = basename(path);
      return { file, report: parseReport(readFileSync(path, "utf8"), file) };
    }),
  );
}
