import type { GlobalPool, Node, Pad, Pool, Resize } from "../../network/spec.js";
import { forEachSample } from "../resize/reference.js";
import { forEachTap } from "../window.js";

/**
 * A sparse matrix from input pixels to output pixels, the same for every channel: what average pooling, padding and
 * resampling are. The vjp is its transpose.
 */
export interface PixelMap {
  readonly inputs: number;
  readonly outputs: number;
  /** Calls back for every entry, in a fixed order. */
  readonly entries: (visit: (output: number, input: number, factor: number) => void) => void;
}

export function averagePoolMap(node: Node<Pool>): PixelMap {
  const counts = new Int32Array(node.shape[0] * node.shape[1]);
  const window = { ...node, dilations: [1, 1] as const };
  forEachTap(node, window, (output) => {
    counts[output]++;
  });
  return {
    inputs: pixels(node.inputShapes[0]),
    outputs: pixels(node.shape),
    entries: (visit) => forEachTap(node, window, (output, input) => visit(output, input, 1 / counts[output])),
  };
}

export function globalAveragePoolMap(node: Node<GlobalPool>): PixelMap {
  const inputs = pixels(node.inputShapes[0]);
  return {
    inputs,
    outputs: 1,
    entries: (visit) => {
      for (let i = 0; i < inputs; i++) visit(0, i, 1 / inputs);
    },
  };
}

export function padMap(node: Node<Pad>): PixelMap {
  const [height, width] = node.inputShapes[0];
  return {
    inputs: height * width,
    outputs: pixels(node.shape),
    entries: (visit) => {
      for (let i = 0; i < height; i++)
        for (let j = 0; j < width; j++)
          visit((i + node.pads[0]) * node.shape[1] + j + node.pads[1], i * width + j, 1);
    },
  };
}

export const resizeMap = (node: Node<Resize>): PixelMap => ({
  inputs: pixels(node.inputShapes[0]),
  outputs: pixels(node.shape),
  entries: (visit) => forEachSample(node, visit),
});

function pixels(shape: readonly number[]): number {
  return shape[0] * shape[1];
}
