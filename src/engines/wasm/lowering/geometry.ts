import type { Step } from "../../../network/fuse.js";
import type { Conv, Gemm, Pads, Pair } from "../../../network/spec.js";

/** A convolution as the kernels see it; a dense layer is one with a 1x1 kernel. */
export interface Geometry {
  readonly weights: Float32Array;
  readonly bias?: Float32Array;
  readonly kernel: Pair;
  readonly strides: Pair;
  readonly dilations: Pair;
  readonly pads: Pads;
  readonly groups: number;
  readonly height: number;
  readonly width: number;
  readonly channels: number;
  readonly outHeight: number;
  readonly outWidth: number;
  readonly filters: number;
  readonly taps: number;
  /** Input channels and filters of one group. */
  readonly depth: number;
  readonly groupFilters: number;
}

export function convGeometry({ node }: Step<Conv>): Geometry {
  const [height, width, channels] = node.inputShapes[0];
  const [outHeight, outWidth, filters] = node.shape;
  const taps = node.kernel[0] * node.kernel[1];
  const depth = channels / node.groups;
  return {
    ...node,
    height,
    width,
    channels,
    outHeight,
    outWidth,
    filters,
    taps,
    depth,
    groupFilters: filters / node.groups,
  };
}

export function gemmGeometry({ node }: Step<Gemm>): Geometry {
  const shape = node.inputShapes[0];
  const channels = shape[shape.length - 1];
  // The rows of pixels that a convolution would see: live lists, and compact cotangents, go row by row.
  const width = shape.at(-2) ?? 1;
  const height = shape.slice(0, -2).reduce((a, b) => a * b, 1);
  return {
    weights: node.weights,
    bias: node.bias,
    kernel: [1, 1],
    strides: [1, 1],
    dilations: [1, 1],
    pads: [0, 0, 0, 0],
    groups: 1,
    height,
    width,
    channels,
    outHeight: height,
    outWidth: width,
    filters: node.units,
    taps: 1,
    depth: channels,
    groupFilters: node.units,
  };
}

/** The fields that tell a kernel how the taps lie. */
export function tapFields(g: Geometry) {
  return {
    kernelHeight: g.kernel[0],
    kernelWidth: g.kernel[1],
    strideHeight: g.strides[0],
    strideWidth: g.strides[1],
    padTop: g.pads[0],
    padLeft: g.pads[1],
    dilationHeight: g.dilations[0],
    dilationWidth: g.dilations[1],
  };
}
