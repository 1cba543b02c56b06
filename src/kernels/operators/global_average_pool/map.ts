import type { Node } from "../../node.js";
import type { PixelMap } from "../../pixel_map/pixel_map.js";
import type { GlobalAveragePool } from "./spec.js";

export function globalAveragePoolMap({ inputShapes: [[height, width]] }: Node<GlobalAveragePool>): PixelMap {
  const inputs = height * width;
  return {
    inputs,
    outputs: 1,
    entries(visit) {
      for (let i = 0; i < inputs; i++) visit(0, i, 1 / inputs);
    },
  };
}
