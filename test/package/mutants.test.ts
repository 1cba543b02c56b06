import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
// @ts-expect-error A list for a script.
import { mutants } from "../../scripts/mutants/mutants.mjs";

const root = join(import.meta.dirname, "../..");

test("what mutants replace stands once in the sources: the list moves with the code", () => {
  const list = mutants as readonly { name: string; file: string; from: string; to: string }[];
  expect(list.length).toBeGreaterThan(100);
  expect(new Set(list.map(({ name }) => name)).size).toBe(list.length);
  const gone = list.filter(
    ({ file, from, to }) => readFileSync(join(root, file), "utf8").split(from).length !== 2 || from === to,
  );
  expect(gone.map(({ name }) => name)).toEqual([]);
});
