import { loadSharp } from "../sharp.js";
import { createTypeface, type Typeface } from "./text.js";
import { enlarge, type Tile } from "./tile.js";

export const INK = "#16181d";
export const FAINT = "#6b7280";
export const ALARM = "#c2185b";
const PAPER = "#ffffff";

export interface TextStyle {
  readonly size: number;
  readonly colour?: string;
  readonly anchor?: "start" | "middle";
  /** Longer text is cut to this width in pixels. */
  readonly width?: number;
}

/** Collects tiles, text and frames at pixel positions, origin top left, and encodes them as one PNG. */
export class Canvas {
  readonly #typeface: Typeface = createTypeface();
  readonly #tiles: { tile: Tile; left: number; top: number }[] = [];
  readonly #marks: string[] = [];

  /** Draws a line of text whose baseline is at `y`. */
  text(text: string, x: number, y: number, style: TextStyle): void {
    const shown = style.width === undefined ? text : this.#typeface.cut(text, style.size, style.width);
    const start = style.anchor === "middle" ? x - this.#typeface.width(shown, style.size) / 2 : x;
    this.#marks.push(this.#typeface.line(shown, start, y, style.size, style.colour ?? INK));
  }

  textWidth(text: string, size: number): number {
    return this.#typeface.width(text, size);
  }

  /** Draws a tile with a hairline around it, which keeps a white tile apart from the paper. */
  tile(tile: Tile, left: number, top: number, colour = "#d1d5db", thickness = 1): void {
    this.#tiles.push({ tile, left, top });
    const half = thickness / 2;
    this.#marks.push(
      `<rect x="${left - half}" y="${top - half}" width="${tile.width + thickness}" height="${tile.height + thickness}" ` +
        `fill="none" stroke="${colour}" stroke-width="${thickness}"/>`,
    );
  }

  /** @throws ImageError if the image codec is not installed */
  async png(width: number, height: number): Promise<Uint8Array> {
    const sharp = await loadSharp("drawing", "writing PNG");
    const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}">${this.#marks.join("")}</svg>`;
    return sharp({ create: { width, height, channels: 3, background: PAPER } })
      .composite([
        ...this.#tiles.map(({ tile, left, top }) => ({
          input: Buffer.from(tile.pixels),
          raw: { width: tile.width, height: tile.height, channels: 3 as const },
          left,
          top,
        })),
        { input: Buffer.from(svg), left: 0, top: 0 },
      ])
      .png({ compressionLevel: 9 })
      .toBuffer();
  }
}

/** The tile at about `target` pixels: small ones enlarged by a whole factor, large ones reduced to fit. */
export async function fitTile(tile: Tile, target: number): Promise<Tile> {
  const longest = Math.max(tile.width, tile.height);
  if (longest <= 1.75 * target) return enlarge(tile, Math.max(1, Math.round(target / longest)));
  const sharp = await loadSharp("drawing", "writing PNG");
  const width = Math.max(1, Math.round((tile.width * target) / longest));
  const height = Math.max(1, Math.round((tile.height * target) / longest));
  const raw = { width: tile.width, height: tile.height, channels: 3 as const };
  const pixels = await sharp(tile.pixels, { raw }).resize(width, height, { fit: "fill" }).raw().toBuffer();
  return { pixels, width, height };
}
