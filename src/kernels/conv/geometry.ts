import type { AnyOperator, Node, Pads, Pair } from "../node.js";

/** The attributes of a convolution, as its kernels take them from any operator that is one. */
export interface ConvAttributes {
  /** HWIO, `[taps][depth][filters of all groups]`. */
  readonly weights: Float32Array;
  readonly bias?: Float32Array;
  readonly filters: number;
  readonly kernel: Pair;
  readonly strides: Pair;
  readonly dilations: Pair;
  readonly pads: Pads;
  readonly groups: number;
}

/** A convolution as the kernels see it; a dense layer is one with a 1x1 kernel. */
export interface Geometry extends ConvAttributes {
  readonly height: number;
  readonly width: number;
  readonly channels: number;
  readonly outHeight: number;
  readonly outWidth: number;
  readonly taps: number;
  /** Input channels and filters of one group. */
  readonly depth: number;
  readonly groupFilters: number;
}

export function convGeometry(node: Node<AnyOperator & ConvAttributes>): Geometry {
  const { weights, bias, filters, kernel, strides, dilations, pads, groups } = node;
  const [height, width, channels] = node.inputShapes[0];
  const [outHeight, outWidth] = node.shape;
  return {
    ...{ weights, bias, filters, kernel, strides, dilations, pads, groups },
    ...{ height, width, channels, outHeight, outWidth },
    taps: kernel[0] * kernel[1],
    depth: channels / groups,
    groupFilters: filters / groups,
  };
}

/**
 * Multiply-adds of one image's forward pass: filters on every position, padding counted as if it were pixels.
 */
export function convWork(node: Node<AnyOperator & ConvAttributes>): number {
  const { outHeight, outWidth, filters, taps, depth } = convGeometry(node);
  return outHeight * outWidth * filters * taps * depth;
}

/** True where every channel is convolved by itself, with one filter or several. */
export function isDepthwise({ groups }: ConvAttributes, channels: number): boolean {
  return groups === channels && channels > 1;
}

/** True where each pixel becomes one by itself: a 1x1 convolution. */
export function isFlat({ taps, strides, pads }: Geometry): boolean {
  return taps === 1 && strides.every((s) => s === 1) && pads.every((p) => p === 0);
}

/** True of a convolution without strides, dilations and groups. */
export function isPlain({
  strides,
  dilations,
  groups,
}: Pick<Geometry, "strides" | "dilations" | "groups">): boolean {
  return [...strides, ...dilations, groups].every((n) => n === 1);
}

/** The layer as rows of pixels; a 1x1 convolution reads each pixel once: one long row leaves no ragged tiles. */
export function rowsOf(g: Geometry) {
  const { height, width, outHeight, outWidth } = g;
  if (!isFlat(g)) return { height, width, outHeight, outWidth };
  return { height: 1, width: height * width, outHeight: 1, outWidth: outHeight * outWidth };
}

/** The fields that tell a WASM kernel how the taps lie. */
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
