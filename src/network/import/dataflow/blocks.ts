/** Blocks of pixels as channels, and back: names of axes, and one transposition. */

import { valueText } from "../failure.js";
import type { Activation } from "./activation.js";
import { reshape, transpose } from "./axes.js";
import type { Flow } from "./flow.js";
import type { ImageAxes } from "./window.js";

/**
 * Channels become blocks of `block x block` pixels.
 *
 * @param order of a pixel's channels: the block's place first ("DCR", as TensorFlow has it), or last ("CRD")
 */
export function depthToSpace(
  flow: Flow,
  x: Activation,
  axes: ImageAxes,
  block: number,
  order: "DCR" | "CRD" = "DCR",
): Activation {
  return onChannelsLast(flow, x, axes, (image) => {
    const [n, h, w, c] = image.dims;
    const depth = c / block ** 2;
    checkBlocks(flow, x, block, [depth]);
    const [split, perm] =
      order === "DCR"
        ? [
            [n, h, w, block, block, depth],
            [0, 1, 3, 2, 4, 5],
          ]
        : [
            [n, h, w, depth, block, block],
            [0, 1, 4, 2, 5, 3],
          ];
    const apart = transpose(flow, reshape(flow, image, split), perm);
    return reshape(flow, apart, [n, h * block, w * block, depth]);
  });
}

/** Blocks of `block x block` pixels become channels, the block's place first. */
export function spaceToDepth(flow: Flow, x: Activation, axes: ImageAxes, block: number): Activation {
  return onChannelsLast(flow, x, axes, (image) => {
    const [n, h, w, c] = image.dims;
    const [rows, columns] = [h / block, w / block];
    checkBlocks(flow, x, block, [rows, columns]);
    const apart = reshape(flow, image, [n, rows, block, columns, block, c]);
    return reshape(flow, transpose(flow, apart, [0, 1, 3, 2, 4, 5]), [n, rows, columns, c * block ** 2]);
  });
}

function onChannelsLast(
  flow: Flow,
  x: Activation,
  { spatial, channel }: ImageAxes,
  apply: (image: Activation) => Activation,
): Activation {
  if (x.dims.length !== 4 || spatial.length !== 2 || x.batch > 0 || x.dims[0] !== 1)
    return flow.unsupported(`of shape ${valueText(x.dims)}, expected images`);
  const perm = [0, ...spatial, channel];
  const made = apply(transpose(flow, x, perm));
  return transpose(
    flow,
    made,
    perm.map((_, axis) => perm.indexOf(axis)),
  );
}

function checkBlocks(flow: Flow, { dims }: Activation, block: number, parts: readonly number[]): void {
  if (!(Number.isSafeInteger(block) && block > 0) || !parts.every((n) => Number.isSafeInteger(n) && n > 0))
    flow.reject(`blocks of ${block} of shape ${valueText(dims)}, expected blocks that divide it`);
}
