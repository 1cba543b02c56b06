import { readFileSync, writeFileSync } from "node:fs";
import { SECTIONS, withSection } from "./sections.js";

for (const section of SECTIONS) {
  const text = readFileSync(section.file, "utf8");
  writeFileSync(section.file, withSection(text, section, section.make()));
}
