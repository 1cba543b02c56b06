import { amplification } from "../../images/draw.js";
import type { Shape } from "../../network/spec.js";
import { percent } from "../words.js";
import { ALARM, Canvas, FAINT, fitTile, INK } from "./canvas.js";
import { amplified, imageTile, perturbationTile, type Tile } from "./tile.js";

/** A prediction: the class's name and its softmax probability. */
export interface Prediction {
  readonly name: string;
  readonly confidence: number;
}

/** One column of the grid. */
export interface Example {
  /** `[H][W][C]`, without and with the perturbation. */
  readonly clean: Float32Array;
  readonly perturbed: Float32Array;
  readonly before: Prediction;
  readonly after: Prediction;
  readonly fooled: boolean;
}

export interface BeforeAfter {
  readonly title: string;
  readonly subtitle: string;
  readonly shape: Shape;
  readonly range: readonly [number, number];
  readonly perturbation: Float32Array;
  readonly examples: readonly Example[];
}

const TARGET = 128; // of a tile, in pixels
const MARGIN = 24;
const GAP = 16;
const CAPTION = 46; // two lines below a tile
const HEADER = 64;
const ROW_LABEL = 22;

/**
 * The perturbation at the left, then a column for each example with the clean image above and
 * the perturbed one below, each with its prediction; a prediction that changed is set in colour.
 */
export async function drawGrid(picture: BeforeAfter): Promise<Uint8Array> {
  const { shape, range, perturbation, examples } = picture;
  const canvas = new Canvas();
  const factor = amplification(perturbation, range);
  const v = await fitTile(perturbationTile(perturbation, shape, range, factor), TARGET);
  const columnWidth = Math.max(v.width, 112);
  const rowHeight = ROW_LABEL + v.height + CAPTION;
  const column = (i: number) => MARGIN + i * (columnWidth + GAP) + (i > 0 ? GAP : 0);
  const row = (i: number) => HEADER + i * rowHeight + ROW_LABEL;

  const width = column(examples.length) + columnWidth + MARGIN;
  canvas.text(picture.title, MARGIN, 34, { size: 20, width: width - 2 * MARGIN });
  canvas.text(picture.subtitle, MARGIN, 55, { size: 13, colour: FAINT, width: width - 2 * MARGIN });

  const middle = Math.round((row(0) + row(1)) / 2);
  place(canvas, v, column(0), columnWidth, middle);
  caption(canvas, column(0), columnWidth, middle + v.height, ["perturbation v", amplified(factor)], INK);
  canvas.text("clean", column(1), row(0) - 8, { size: 13, colour: FAINT });
  canvas.text("clean + v", column(1), row(1) - 8, { size: 13, colour: FAINT });
  for (const [i, example] of examples.entries()) {
    const left = column(i + 1);
    for (const [r, image] of [example.clean, example.perturbed].entries()) {
      const tile = await fitTile(imageTile(image, shape, range), TARGET);
      const alarm = r === 1 && example.fooled;
      place(canvas, tile, left, columnWidth, row(r), alarm);
      const prediction = r === 0 ? example.before : example.after;
      const lines = [prediction.name, percent(prediction.confidence)];
      caption(canvas, left, columnWidth, row(r) + tile.height, lines, alarm ? ALARM : INK);
    }
  }
  return canvas.png(width, row(1) + v.height + CAPTION + 12);
}

function place(canvas: Canvas, tile: Tile, left: number, width: number, top: number, alarm = false): void {
  const x = left + Math.round((width - tile.width) / 2);
  if (alarm) canvas.tile(tile, x, top, ALARM, 2);
  else canvas.tile(tile, x, top);
}

function caption(
  canvas: Canvas,
  left: number,
  width: number,
  bottom: number,
  lines: readonly string[],
  colour: string,
) {
  const centre = left + width / 2;
  canvas.text(lines[0], centre, bottom + 18, { size: 14, anchor: "middle", colour, width: width + GAP - 4 });
  canvas.text(lines[1], centre, bottom + 35, {
    size: 12,
    anchor: "middle",
    colour: FAINT,
    width: width + GAP - 4,
  });
}
