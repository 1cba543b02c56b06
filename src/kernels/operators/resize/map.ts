import type { Node } from "../../node.js";
import type { PixelMap } from "../../pixel_map/pixel_map.js";
import { forEachSample } from "./samples.js";
import type { Resize } from "./spec.js";

export function resizeMap(node: Node<Resize>): PixelMap {
  const [height, width] = node.inputShapes[0];
  return {
    inputs: height * width,
    outputs: node.shape[0] * node.shape[1],
    entries: (visit) => forEachSample(node, visit),
  };
}
