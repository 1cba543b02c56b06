// Writes src/node/picture/glyphs.ts: the outlines of the printable Latin-1 characters (and some punctuation) of
// Inter Medium. The pictures of the command line draw their text from these outlines, because the fonts of the
// machine they are made on cannot be relied on. Run: node scripts/glyphs.mjs
import { readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import opentype from "opentype.js";

const UNITS = 1000;
const require = createRequire(import.meta.url);
const bytes = readFileSync(require.resolve("@fontsource/inter/files/inter-latin-500-normal.woff"));
const font = opentype.parse(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength));
const licence = readFileSync(require.resolve("@fontsource/inter/LICENSE"), "utf8").trim();

const codes = [...Array(0x100).keys()].filter((code) => code >= 0x20 && (code < 0x7f || code > 0xa0));
codes.push(...Array.from("–—‘’“”…−", (character) => character.codePointAt(0)));

const rows = codes.flatMap((code) => {
  const character = String.fromCodePoint(code);
  if (font.charToGlyphIndex(character) === 0) return [];
  const glyph = font.charToGlyph(character);
  return [`${code.toString(16)} ${units(glyph.advanceWidth)} ${outline(glyph)}`.trim()];
});

function units(value) {
  return Math.round((value * UNITS) / font.unitsPerEm);
}

// SVG path data in whole units, y downwards from the baseline. The font repeats the start of each curve as a
// line of no length; those are dropped.
function outline(glyph) {
  let path = "";
  let last = "";
  for (const c of glyph.path.commands) {
    const points = [c.x1, -c.y1, c.x2, -c.y2, c.x, -c.y]
      .filter((v) => !Number.isNaN(v) && v !== undefined)
      .map(units);
    const end = points.slice(-2).join(" ");
    if (c.type === "L" && end === last) continue;
    path += c.type + points.join(" ");
    last = end;
  }
  return path.replaceAll(" -", "-");
}

writeFileSync(
  new URL("../src/node/picture/glyphs.ts", import.meta.url),
  `// Made by scripts/glyphs.mjs from Inter Medium; do not edit.
/*! @license Glyph outlines of the font Inter:

${licence.replaceAll("*/", "* /")}
*/

/**
 * One character a line: code point (hexadecimal), advance width, outline (SVG path data, baseline at y = 0);
 * lengths in 1/${UNITS} em.
 */
export const GLYPHS = \`
${rows.join("\n")}
\`;
`,
);
