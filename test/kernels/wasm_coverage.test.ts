import { readdirSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { kernelSources } from "../../src/kernels/wasm/module.js";
import { rowKernelSources } from "../../src/kernels/wasm/row_module.js";

const sources = ["./", "../support/testers/"].flatMap((folder) => {
  const url = new URL(folder, import.meta.url);
  return readdirSync(url)
    .filter((name) => name.endsWith(".ts"))
    .map((name) => readFileSync(new URL(name, url), "utf8"));
});
/** The first argument of every call of a kernel, and the names of tiles; a number of lanes is filled in. */
const names = new Set(
  sources.flatMap((text) =>
    [...text.matchAll(/(?:\.call\(|kernel: )["`](\w+)(?:\$\{\w+\})?["`]/g)].map(([, name]) => name),
  ),
);

// Those of operators go by their table: `wasm_element_wise.test.ts` and `wasm_arithmetic.test.ts` take all of it.
const own = [...new Set([...kernelSources, ...rowKernelSources].map(({ name }) => name))].filter(
  (name) => !/^(element_wise|arithmetic)_/.test(name),
);

test.each(own)("%s is called by a test of its own", (name) => {
  expect([...names]).toContain(names.has(name) ? name : name.replace(/\d+$/, ""));
});
