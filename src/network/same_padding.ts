import type { Pads, Pair } from "./spec.js";

/**
 * Explicit padding of TensorFlow's `SAME` along one axis, `[before, after]`: the output has
 * `ceil(size / stride)` positions, and an odd total puts the extra row or column after the image.
 *
 * @param size length of the input along the axis
 * @example
 * samePads(224, 3, 2, 1); // [0, 1]
 */
export function samePads(size: number, kernel: number, stride: number, dilation = 1): [number, number] {
  const window = (kernel - 1) * dilation + 1;
  const outputs = Math.ceil(size / stride);
  const total = Math.max(0, (outputs - 1) * stride + window - size);
  const before = Math.floor(total / 2);
  return [before, total - before];
}

/** {@link samePads} of both spatial axes in the order of {@link Pads}; `size` is `[H, W]`. */
export function samePads2d(size: Pair, kernel: Pair, strides: Pair, dilations: Pair = [1, 1]): Pads {
  const [top, bottom] = samePads(size[0], kernel[0], strides[0], dilations[0]);
  const [left, right] = samePads(size[1], kernel[1], strides[1], dilations[1]);
  return [top, left, bottom, right];
}
