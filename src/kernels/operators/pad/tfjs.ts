import type { MakeOperator } from "../../tfjs/operator.js";
import { asImages, explicitPads, spatialWindow } from "../../tfjs/window.js";
import type { Pad } from "./spec.js";

export const make: MakeOperator<Pad> = (node, { tf }) => {
  const [top, left] = node.pads;
  const [height, width] = node.inputShapes[0];
  return {
    forward: ([x]) => tf.pad(asImages(x), explicitPads(node.pads)),
    vjp: (_inputs, _output, dy) => [tf.clone(spatialWindow(tf, asImages(dy), [top, left], [height, width]))],
  };
};
