import type { Geometry } from "../../conv/geometry.js";
import { asPixels, type Node } from "../../node.js";
import type { Gemm } from "./spec.js";

/** A dense layer as a 1x1 convolution. Live lists, and compact cotangents, go row by row, so rows stay rows. */
export function gemmGeometry({ weights, bias, units, inputShapes }: Node<Gemm>): Geometry {
  const [height, width, channels] = asPixels(inputShapes[0]);
  return {
    ...{ weights, bias, filters: units, groups: 1 },
    ...{ kernel: [1, 1], strides: [1, 1], dilations: [1, 1], pads: [0, 0, 0, 0] },
    ...{ height, width, channels, outHeight: height, outWidth: width },
    taps: 1,
    depth: channels,
    groupFilters: units,
  };
}
