/** What the kernels of one cotangent and their lowering agree on. */

/** Which kernel does the gradient of a convolution for an image. */
export const CHOICE = { dense: 0, sparse: 1, live: 2 } as const;

/** Filters that `conv_gradient_live` multiplies at a step: a layer has a multiple of them. */
export const LIVE_FILTERS = 8;

/** Channels of an input of which all are computed at once (`wasm_gradient_few.ts`), and pixels of a tile: sums, weights and a cotangent are in registers. */
export const FEW_CHANNELS = { 1: 8, 3: 3 } as const;
