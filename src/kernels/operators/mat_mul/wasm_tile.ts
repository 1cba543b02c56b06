// Apart from the kernel, so that who lowers to it loads no assembler.

/** Rows of the output that a tile of the forward kernel computes together. */
export const FORWARD_ROWS = 4;
