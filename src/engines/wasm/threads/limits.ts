/** Worker threads of an engine. */
export const MAX_THREADS = 256;
