import { type Node, sizeOf } from "../../node.js";
import type { PixelMap } from "../../pixel_map/pixel_map.js";
import type { Gather } from "./spec.js";

/** What lies behind the axis is a pixel. */
export function channelsOf({ axis, inputShapes: [input] }: Node<Gather>): number {
  return sizeOf(input.slice(axis + 1));
}

export function gatherMap({ axis, indices, inputShapes: [input] }: Node<Gather>): PixelMap {
  const outer = sizeOf(input.slice(0, axis));
  const count = input[axis];
  return {
    inputs: outer * count,
    outputs: outer * indices.length,
    entries(visit) {
      for (let o = 0; o < outer; o++)
        indices.forEach((index, i) => {
          visit(o * indices.length + i, o * count + index, 1);
        });
    },
  };
}
