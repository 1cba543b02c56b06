/** The constants of arXiv:1706.02515. */
export const ALPHA = 1.6732632423543772;
export const SCALE = 1.0507009873554805;
