// Apart from the kernel, so that who lowers to it loads no assembler.

/** Columns of a tile. */
export const REDUCED_COLUMNS = 64;
