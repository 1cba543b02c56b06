import { optionsObject } from "../../api/options.js";
import { InvalidArgumentError } from "../../errors.js";
import { amplification } from "../../images/draw.js";
import { type PictureTarget, pictureShape, targetOf } from "../../images/picture_shape.js";
import { sizeOf } from "../../network/spec.js";
import { Canvas, FAINT, fitTile } from "./canvas.js";
import { amplified, perturbationTile } from "./tile.js";

export interface DrawPerturbationOptions {
  /** What it is, for the caption: "linf 10/255". Default: nothing. */
  readonly about?: string;
}

const TARGET = 320;
const MARGIN = 16;

/**
 * A picture of a perturbation alone, amplified as far as it goes, with a caption that says by how much. Needs the npm package
 * `sharp`.
 *
 * @param perturbation `[H][W][C]`
 * @param net an engine, or the shape of the perturbation
 * @returns the bytes of a PNG file
 * @throws InvalidArgumentError for a perturbation of another size, or wrong options
 * @throws ImageError if sharp is not installed
 *
 * @example
 * const png = await drawPerturbation(uap.perturbation, net, { about: "linf 10/255" });
 */
export async function drawPerturbation(
  perturbation: Float32Array,
  net: PictureTarget,
  options?: DrawPerturbationOptions,
): Promise<Uint8Array> {
  const caller = "drawPerturbation";
  const { about } = optionsObject(caller, options, ["about"]);
  const { shape, range } = targetOf(caller, net);
  if (!(perturbation instanceof Float32Array) || perturbation.length !== sizeOf(shape))
    throw new InvalidArgumentError(
      `${caller}: perturbation has ${(perturbation as Float32Array | null)?.length ?? "no"} values, expected a Float32Array of ${sizeOf(shape)} (${shape.join("x")})`,
    );
  const factor = amplification(perturbation, range);
  const tile = await fitTile(perturbationTile(perturbation, pictureShape(shape), range, factor), TARGET);
  const canvas = new Canvas();
  const captions = [
    `universal perturbation${about === undefined ? "" : `, ${about}`}`,
    `drawn ${amplified(factor)}`,
  ];
  const text = Math.max(...captions.map((caption) => canvas.textWidth(caption, 14)));
  const width = Math.ceil(Math.max(tile.width, text)) + 2 * MARGIN;
  canvas.tile(tile, Math.round((width - tile.width) / 2), MARGIN);
  const below = MARGIN + tile.height;
  canvas.text(captions[0], width / 2, below + 24, { size: 14, anchor: "middle" });
  canvas.text(captions[1], width / 2, below + 44, { size: 14, anchor: "middle", colour: FAINT });
  return canvas.png(width, below + 58);
}
