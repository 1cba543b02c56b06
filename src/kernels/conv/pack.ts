import type { Conv } from "../../network/spec.js";

/**
 * Weights for `conv_forward`: `[filter block][tap][depth][block]`, the last block zero-padded.
 *
 * @param weights HWIO, `[taps][depth][filters of all groups]`
 * @param first first filter of the group, `filters` how many
 */
export function packForward(
  weights: Float32Array,
  taps: number,
  depth: number,
  allFilters: number,
  first: number,
  filters: number,
  block: number,
): Float32Array {
  const blocks = Math.ceil(filters / block);
  const packed = new Float32Array(blocks * taps * depth * block);
  let to = 0;
  for (let b = 0; b < blocks; b++) {
    const width = Math.min(block, filters - b * block);
    for (let row = 0; row < taps * depth; row++) {
      const from = row * allFilters + first + b * block;
      for (let i = 0; i < width; i++) packed[to + i] = weights[from + i];
      to += block;
    }
  }
  return packed;
}

/**
 * Weights for `conv_vjp`: `[channel block][tap][filter][block]`, the last block zero-padded.
 *
 * @param weights HWIO, `[taps][depth][filters of all groups]`
 * @param first first filter of the group, `filters` how many
 */
export function packVjp(
  weights: Float32Array,
  taps: number,
  depth: number,
  allFilters: number,
  first: number,
  filters: number,
  block: number,
): Float32Array {
  const blocks = Math.ceil(depth / block);
  const packed = new Float32Array(blocks * taps * filters * block);
  for (let b = 0; b < blocks; b++) {
    const width = Math.min(block, depth - b * block);
    for (let t = 0; t < taps; t++)
      for (let i = 0; i < width; i++) {
        const from = (t * depth + b * block + i) * allFilters + first;
        let to = (b * taps + t) * filters * block + i;
        for (let o = 0; o < filters; o++, to += block) packed[to] = weights[from + o];
      }
  }
  return packed;
}

/** True where every group has one input channel and one filter. */
export function isDepthwise(conv: Conv, channels: number): boolean {
  return conv.groups === channels && conv.filters === channels && channels > 1;
}
