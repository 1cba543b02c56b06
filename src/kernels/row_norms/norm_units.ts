/** Units of a partial sum of the WASM kernels `row_norms`: one tile. */
export const NORM_UNITS = 1024;
