// Apart from the kernels, so that who lowers to them loads no assembler.

/** Columns of a panel: factors of as many columns lie side by side, term by term; a line of a cache. */
export const PANEL = 16;
/**
 * Terms that all columns of a row run through before the next: their cotangents, and those of a panel's factors, then stay in
 * a first-level cache.
 */
export const CHUNK = 128;

/** Bytes of a thread's scratch that `panel_vjp` needs where its cotangents do not lie side by side. */
export const PANEL_SCRATCH_BYTES = 48 * CHUNK;
