import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { DRAWINGS, SECTIONS, withSection } from "./sections.js";

for (const section of SECTIONS) {
  const text = readFileSync(section.file, "utf8");
  writeFileSync(section.file, withSection(text, section, section.make()));
}
for (const { file, make } of DRAWINGS) {
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, make());
}
