// Apart from the kernel, so that who lowers to it loads no assembler.

/** Units of a tile of `sum_repeated`. */
export const REPEATED_UNITS = 16;
