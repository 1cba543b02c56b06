import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { DRAWINGS, SECTIONS, withSection } from "../../scripts/docs/sections.js";

const root = join(import.meta.dirname, "../..");

describe("sections of documents that are made from the sources are as made; else: npm run docs", () => {
  it.each(SECTIONS)("$file, $name", (section) => {
    const text = readFileSync(join(root, section.file), "utf8");
    expect(text).toBe(withSection(text, section, section.make()));
  });

  it.each(DRAWINGS)("$file", ({ file, make }) => {
    expect(readFileSync(join(root, file), "utf8")).toBe(make());
  });
});
