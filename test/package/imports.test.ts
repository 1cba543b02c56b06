import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, normalize, relative } from "node:path";
import ts from "typescript";
import { expect, test } from "vitest";

/** From the bottom up; a file imports from its own floor or one below it, never upwards. The longest path that fits counts. */
const FLOORS: readonly (readonly string[])[] = [
  ["errors.ts"],
  ["kernels"],
  ["kernels/operators"],
  ["network"],
  ["network/import"],
  ["engines"],
  ["api"],
  ["images"],
  ["node", "demo"],
  ["index.ts", "tfjs.ts", "kernels.ts", "images.ts", "node.ts", "demo.ts"],
  ["cli"],
];
/** Made from all operators, or from all kernels: they look upwards by their nature, at build time. */
const MADE_FROM_ALL = ["kernels/wasm/module.ts"];

const root = normalize(join(import.meta.dirname, "../../src"));
const files = (readdirSync(root, { recursive: true }) as string[]).filter((file) => file.endsWith(".ts"));
const imports = new Map(files.map((file) => [file, importsOf(file)]));

function importsOf(file: string): string[] {
  const { importedFiles } = ts.preProcessFile(readFileSync(join(root, file), "utf8"), true, true);
  return importedFiles
    .map(({ fileName }) => fileName)
    .filter((name) => name.startsWith("."))
    .map((name) => relative(root, join(root, dirname(file), name)).replace(/\.js$/, ".ts"))
    .filter((name) => !name.startsWith(".."));
}

function floorOf(file: string): number {
  let found = { floor: -1, length: -1 };
  FLOORS.forEach((paths, floor) => {
    for (const path of paths)
      if ((file === path || file.startsWith(`${path}/`)) && path.length > found.length)
        found = { floor, length: path.length };
  });
  return found.floor;
}

test("every source file has its floor", () => {
  expect(files.length).toBeGreaterThan(300);
  expect(files.filter((file) => floorOf(file) < 0)).toEqual([]);
});

test("imports point one way", () => {
  const upwards = [...imports].flatMap(([file, targets]) =>
    targets.filter((target) => floorOf(target) > floorOf(file)).map((target) => `${file} -> ${target}`),
  );
  expect(upwards.filter((arrow) => !MADE_FROM_ALL.includes(arrow.split(" ")[0]))).toEqual([]);
});

test("no file imports itself by way of others", () => {
  const state = new Map<string, "open" | "done">();
  const circles: string[] = [];
  const visit = (file: string, path: readonly string[]): void => {
    if (state.get(file) === "open") circles.push([...path.slice(path.indexOf(file)), file].join(" -> "));
    if (state.has(file)) return;
    state.set(file, "open");
    for (const target of imports.get(file) ?? []) visit(target, [...path, file]);
    state.set(file, "done");
  };
  for (const file of files) visit(file, []);
  expect(circles).toEqual([]);
});

test("an operator's folder is for itself: its neighbours are reached by what they share", () => {
  const strangers = [...imports].flatMap(([file, targets]) => {
    const own = /^kernels\/operators\/([^/]+)\//.exec(file)?.[1];
    if (own === undefined) return [];
    return targets
      .filter((target) => {
        const other = /^kernels\/operators\/([^/]+)\//.exec(target)?.[1];
        return other !== undefined && other !== own;
      })
      .map((target) => `${file} -> ${target}`);
  });
  expect(strangers).toEqual([]);
});
