import type { Node } from "../../node.js";
import type { PixelMap } from "../../pixel_map/pixel_map.js";
import type { Pad } from "./spec.js";

export function padMap({ pads: [top, left], shape, inputShapes }: Node<Pad>): PixelMap {
  const [height, width] = inputShapes[0];
  return {
    inputs: height * width,
    outputs: shape[0] * shape[1],
    entries(visit) {
      for (let i = 0; i < height; i++)
        for (let j = 0; j < width; j++) visit((i + top) * shape[1] + j + left, i * width + j, 1);
    },
  };
}
