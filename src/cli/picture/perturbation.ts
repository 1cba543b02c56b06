import { amplification } from "../../images/draw.js";
import type { Shape } from "../../index.js";
import { short } from "../format.js";
import { Canvas, FAINT, fitTile } from "./canvas.js";
import { perturbationTile } from "./tile.js";

const TARGET = 320;
const MARGIN = 16;

/** "×12.7 around grey", the words that say how a drawn perturbation was made visible. */
export function amplified(factor: number): string {
  return `×${short(factor)} around grey`;
}

/**
 * `perturbation.png`: the perturbation alone, amplified as far as it goes, with a caption that says by how much.
 *
 * @param perturbation `[H][W][C]`
 * @param about what it is, for the caption: "linf 10/255"
 */
export async function drawPerturbation(
  perturbation: Float32Array,
  shape: Shape,
  range: readonly [number, number],
  about: string,
): Promise<Uint8Array> {
  const factor = amplification(perturbation, range);
  const tile = await fitTile(perturbationTile(perturbation, shape, range, factor), TARGET);
  const canvas = new Canvas();
  const captions = [`universal perturbation, ${about}`, `drawn ${amplified(factor)}`];
  const text = Math.max(...captions.map((caption) => canvas.textWidth(caption, 14)));
  const width = Math.ceil(Math.max(tile.width, text)) + 2 * MARGIN;
  canvas.tile(tile, Math.round((width - tile.width) / 2), MARGIN);
  const below = MARGIN + tile.height;
  canvas.text(captions[0], width / 2, below + 24, { size: 14, anchor: "middle" });
  canvas.text(captions[1], width / 2, below + 44, { size: 14, anchor: "middle", colour: FAINT });
  return canvas.png(width, below + 58);
}
