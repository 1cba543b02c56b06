import type { Tensor, Tensor4D } from "@tensorflow/tfjs-core";
import type { Pads, Pair } from "../node.js";
import type { TfNamespace } from "./namespace.js";

/**
 * How a sliding window is transposed on one spatial axis with a stride-1 window.
 *
 * Output i of a window reads `s i + t d - p`, so the cotangent of input x is a sum of `W[t] dy[(x + p - t d) / s]`.
 * With `x + p = s u + a`, `0 <= a < s` (and d = 1 wherever s > 1), the taps of *phase* a are `t = a + s j`:
 *
 *     dx[s u + a - p] = sum_j W[a + s j] dy[u - j],    0 <= j < J = ceil(k / s)
 *
 * which is one stride-1 window of J flipped taps for each of the s phases, without the zeros that filling
 * up dy would multiply. The phases are computed as channels and then interleaved.
 */
export interface TransposedAxis {
  /** J. */
  readonly taps: number;
  /** Zeros before and after dy; negative: rows of dy that no input reads. */
  readonly before: number;
  readonly after: number;
  /** Where the first input lies in the interleaved result. */
  readonly offset: number;
  /** Input size. */
  readonly size: number;
}

export interface AxisWindow {
  readonly kernel: number;
  readonly stride: number;
  readonly dilation: number;
  readonly pad: number;
  readonly inputs: number;
  readonly outputs: number;
}

export function transposedAxis(window: AxisWindow): TransposedAxis {
  const { kernel, stride, dilation, pad, inputs, outputs } = window;
  const taps = Math.ceil(kernel / stride);
  const reach = (taps - 1) * dilation;
  const first = Math.floor(pad / stride);
  const count = Math.floor((inputs - 1 + pad) / stride) - first + 1;
  const before = reach - first;
  return {
    taps,
    before,
    after: count + reach - before - outputs,
    offset: pad - stride * first,
    size: inputs,
  };
}

/** tfjs's explicit padding of the two spatial axes. */
export function explicitPads([top, left, bottom, right]: Pads) {
  return [
    [0, 0],
    [top, bottom],
    [left, right],
    [0, 0],
  ] as [[number, number], [number, number], [number, number], [number, number]];
}

/** `x[:, from : from + size]` on both spatial axes, zeros outside of x. `from` may be negative. */
export function spatialWindow(tf: TfNamespace, x: Tensor4D, from: Pair, size: Pair): Tensor4D {
  const [batch, height, width, channels] = x.shape;
  const start = [Math.max(0, from[0]), Math.max(0, from[1])];
  const end = [Math.min(height, from[0] + size[0]), Math.min(width, from[1] + size[1])];
  let y = x;
  if (start[0] > 0 || start[1] > 0 || end[0] < height || end[1] < width)
    y = tf.slice(x, [0, start[0], start[1], 0], [batch, end[0] - start[0], end[1] - start[1], channels]);
  const pads: Pads = [
    start[0] - from[0],
    start[1] - from[1],
    from[0] + size[0] - end[0],
    from[1] + size[1] - end[1],
  ];
  return pads.some((n) => n > 0) ? tf.pad(y, explicitPads(pads)) : y;
}

/** `[B, U, V, (phase row, phase column, C)] -> [B, U s0, V s1, C]`: phases become neighbouring pixels. */
export function interleavePhases(tf: TfNamespace, y: Tensor4D, strides: Pair): Tensor4D {
  if (strides[0] === 1 && strides[1] === 1) return y;
  const [batch, rows, columns, depth] = y.shape;
  const channels = depth / (strides[0] * strides[1]);
  const split = tf.reshape(y, [batch * rows, columns, strides[0], strides[1] * channels]);
  return tf.reshape(tf.transpose(split, [0, 2, 1, 3]), [
    batch,
    rows * strides[0],
    columns * strides[1],
    channels,
  ]);
}

/** Rank 4, which the values of every spatial operator have. */
export function asImages(x: Tensor): Tensor4D {
  return x as Tensor4D;
}

/** The pixel at `from` in every window: `x[:, from + stride * i]`. */
export function tap(tf: TfNamespace, x: Tensor4D, from: Pair, strides: Pair, size: Pair): Tensor4D {
  const end = (a: 0 | 1) => from[a] + (size[a] - 1) * strides[a] + 1;
  const ends = [x.shape[0], end(0), end(1), x.shape[3]];
  return asImages(tf.stridedSlice(x, [0, ...from, 0], ends, [1, ...strides, 1]));
}
