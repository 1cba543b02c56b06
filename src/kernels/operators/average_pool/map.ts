import type { Node } from "../../node.js";
import type { PixelMap } from "../../pixel_map/pixel_map.js";
import { windowOf } from "../../pool.js";
import { forEachTap } from "../../window.js";
import { windowCounts } from "./reference.js";
import type { AveragePool } from "./spec.js";

export function averagePoolMap(node: Node<AveragePool>): PixelMap {
  const counts = windowCounts(node);
  const [height, width] = node.inputShapes[0];
  return {
    inputs: height * width,
    outputs: counts.length,
    entries: (visit) =>
      forEachTap(node, windowOf(node), (output, input) => visit(output, input, 1 / counts[output])),
  };
}
