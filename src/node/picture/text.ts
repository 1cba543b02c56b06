import { GLYPHS } from "./glyphs.js";

const EM = 1000;

interface Glyph {
  readonly advance: number;
  readonly outline: string;
}

/** Text as vector outlines, so that pictures look the same wherever they are made. Sizes are in pixels. */
export interface Typeface {
  width(text: string, size: number): number;
  /** SVG path of a line of text whose baseline starts at (x, y). */
  line(text: string, x: number, y: number, size: number, colour: string): string;
  /** The text, cut with an ellipsis where it is wider than `width`. */
  cut(text: string, size: number, width: number): string;
}

export function createTypeface(): Typeface {
  const glyphs = parseGlyphs();
  const glyphsOf = (text: string) => Array.from(text, (character) => find(glyphs, character));
  const width = (text: string, size: number) =>
    (glyphsOf(text).reduce((sum, glyph) => sum + glyph.advance, 0) * size) / EM;
  return {
    width,
    line(text, x, y, size, colour) {
      const scale = size / EM;
      let at = 0;
      const paths = glyphsOf(text).map(({ advance, outline }) => {
        const path = outline && `<path transform="translate(${at} 0)" d="${outline}"/>`;
        at += advance;
        return path;
      });
      return `<g fill="${colour}" transform="translate(${round(x)} ${round(y)}) scale(${scale})">${paths.join("")}</g>`;
    },
    cut(text, size, limit) {
      if (width(text, size) <= limit) return text;
      const characters = Array.from(text);
      while (characters.length > 1 && width(`${characters.join("")}…`, size) > limit) characters.pop();
      return `${characters.join("").trimEnd()}…`;
    },
  };
}

function parseGlyphs(): Map<string, Glyph> {
  const rows = GLYPHS.trim().split("\n");
  return new Map(
    rows.map((row) => {
      const [code, advance, ...outline] = row.split(" ");
      return [
        String.fromCodePoint(Number.parseInt(code, 16)),
        { advance: Number(advance), outline: outline.join(" ") },
      ];
    }),
  );
}

/** Letters with accents beyond Latin-1 lose them; what is not there at all becomes a question mark. */
function find(glyphs: Map<string, Glyph>, character: string): Glyph {
  return glyphs.get(character) ?? glyphs.get(character.normalize("NFKD")[0]) ?? (glyphs.get("?") as Glyph);
}

function round(value: number): number {
  return Math.round(value * 100) / 100;
}
