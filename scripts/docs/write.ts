import { readFileSync, writeFileSync } from "node:fs";
import { DRAWINGS, SECTIONS, withSection } from "./sections.js";

for (const section of SECTIONS) {
  const text = readFileSync(section.file, "utf8");
  writeFileSync(section.file, withSection(text, section, section.make()));
}
for (const { file, make } of DRAWINGS) writeFileSync(file, make());
