import type { Conv, Node, Pads, Pair } from "../../../src/network/spec.js";
import { randomValues } from "../random_values.js";
import { singleNode } from "../single_node.js";

/** How a window slides over an image. */
export interface SlidingWindow {
  readonly size: Pair;
  readonly kernel: Pair;
  readonly strides?: Pair;
  readonly dilations?: Pair;
  readonly pads?: Pads;
}

/** Every way in which taps meet a border: lopsided pads, windows off the image, strides and dilations with and without gaps. */
export const WINDOWS: readonly SlidingWindow[] = [
  { size: [1, 1], kernel: [1, 1] },
  { size: [1, 1], kernel: [3, 3], pads: [1, 1, 1, 1] },
  { size: [4, 5], kernel: [1, 1] },
  { size: [4, 5], kernel: [3, 3], pads: [1, 1, 1, 1] },
  { size: [4, 7], kernel: [3, 3] },
  { size: [6, 5], kernel: [5, 5], pads: [2, 2, 2, 2] },
  { size: [3, 6], kernel: [1, 4], pads: [0, 3, 0, 0] },
  { size: [6, 3], kernel: [4, 1], pads: [0, 0, 3, 0] },
  { size: [7, 6], kernel: [3, 3], strides: [2, 2], pads: [0, 0, 1, 1] },
  { size: [6, 7], kernel: [3, 3], strides: [2, 2], pads: [1, 1, 1, 1] },
  { size: [5, 7], kernel: [1, 1], strides: [2, 3] },
  { size: [7, 8], kernel: [3, 2], strides: [3, 1], pads: [2, 0, 1, 1] },
  { size: [5, 6], kernel: [2, 2], strides: [1, 3], pads: [1, 1, 1, 1] },
  { size: [8, 9], kernel: [3, 3], dilations: [2, 2], pads: [2, 2, 2, 2] },
  { size: [5, 7], kernel: [2, 3], dilations: [3, 1], pads: [1, 2, 2, 0] },
  { size: [7, 5], kernel: [3, 2], dilations: [1, 3], pads: [0, 2, 2, 1] },
  { size: [9, 10], kernel: [4, 3], strides: [2, 2], dilations: [3, 2], pads: [4, 3, 5, 2] },
  { size: [6, 8], kernel: [3, 3], strides: [2, 3], dilations: [3, 2], pads: [3, 4, 2, 3] },
  { size: [2, 3], kernel: [3, 3], dilations: [4, 4], pads: [5, 5, 5, 5] },
  { size: [3, 2], kernel: [2, 2], strides: [3, 2], pads: [3, 4, 3, 3] },
];

/** A convolution with random weights, and what sums the magnitudes of its terms. */
export interface ConvLayer {
  readonly node: Node<Conv>;
  readonly absolute: Node<Conv>;
  readonly taps: number;
  readonly depth: number;
  readonly filters: number;
  readonly height: number;
  readonly width: number;
  readonly outHeight: number;
  readonly outWidth: number;
  /** The fields that say how taps lie, by the names that kernels have for them. */
  readonly tapFields: Readonly<Record<string, number>>;
}

/** @param weights by tap, channel and filter; default random in (-2, 2) */
export function convLayer(
  { size, kernel, strides = [1, 1], dilations = [1, 1], pads = [0, 0, 0, 0] }: SlidingWindow,
  depth: number,
  filters: number,
  { seed = 1, weights }: { readonly seed?: number; readonly weights?: Float32Array } = {},
): ConvLayer {
  const random = randomValues(seed + 31 * depth + filters);
  const draw = (length: number) => Float32Array.from({ length }, () => random.uniform(-2, 2));
  const taps = kernel[0] * kernel[1];
  const operator: Conv = {
    op: "Conv",
    weights: weights ?? draw(taps * depth * filters),
    bias: draw(filters),
    filters,
    groups: 1,
    kernel,
    strides,
    dilations,
    pads,
  };
  const node = singleNode(operator, [...size, depth]) as Node<Conv>;
  const absolute = { ...node, weights: node.weights.map(Math.abs), bias: node.bias?.map(Math.abs) };
  const [height, width] = size;
  const [outHeight, outWidth] = node.shape;
  return {
    ...{ node, absolute, taps, depth, filters, height, width, outHeight, outWidth },
    tapFields: {
      kernelHeight: kernel[0],
      kernelWidth: kernel[1],
      strideHeight: strides[0],
      strideWidth: strides[1],
      padTop: pads[0],
      padLeft: pads[1],
      dilationHeight: dilations[0],
      dilationWidth: dilations[1],
    },
  };
}

/** How a window is named in a test. */
export function windowName({ size, kernel, strides, dilations, pads }: SlidingWindow): string {
  const text = (what: string, values?: readonly number[]) => (values ? ` ${what} ${values}` : "");
  return `${kernel.join("x")} on ${size.join("x")}${text("strides", strides)}${text("dilations", dilations)}${text("pads", pads)}`;
}
