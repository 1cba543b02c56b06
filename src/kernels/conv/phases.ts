import type { Geometry } from "./geometry.js";

/**
 * The taps through which pixels `first, first + stride, ...` of an axis see outputs, from the lowest output up: the n-th of
 * them sees output `n + start` through tap `tap`, `n + start + step` through `tap + tapStep`, and so on, `count` in all.
 */
export interface Phase {
  readonly first: number;
  /** Pixels of the axis that it has. */
  readonly pixels: number;
  readonly count: number;
  readonly tap: number;
  readonly tapStep: number;
  readonly start: number;
  readonly step: number;
}

/** The phases of an axis, one for every remainder by its stride: input pixel i sees output `(i + pad - t dilation) / stride`. */
export function phasesOf(g: Geometry, axis: 0 | 1): Phase[] {
  const [stride, dilation, pad] = [g.strides[axis], g.dilations[axis], g.pads[axis]];
  const size = axis === 0 ? g.height : g.width;
  return Array.from({ length: Math.min(stride, size) }, (_, first) => {
    const taps = Array.from({ length: g.kernel[axis] }, (_, t) => t).filter(
      (t) => (first + pad - t * dilation) % stride === 0,
    );
    const tap = taps.at(-1) ?? 0;
    const tapStep = taps.length > 1 ? taps[0] - taps[1] : 0;
    return {
      first,
      pixels: Math.ceil((size - first) / stride),
      count: taps.length,
      tap,
      tapStep,
      start: taps.length > 0 ? (first + pad - tap * dilation) / stride : 0,
      step: (-tapStep * dilation) / stride,
    };
  });
}
