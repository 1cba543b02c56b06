/** Which kernel does the gradient of a convolution for an image. */
export const CHOICE = { dense: 0, sparse: 1, live: 2 } as const;

/** Filters that `conv_gradient_live` multiplies at a step: a layer has a multiple of them. */
export const LIVE_FILTERS = 8;
