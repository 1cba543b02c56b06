/** Flags of the WebGPU specification; the globals that hold them do not exist in Node. */
export const MAP_READ = 0x1;
export const COPY_SRC = 0x4;
export const COPY_DST = 0x8;
export const UNIFORM = 0x40;
export const STORAGE = 0x80;
export const INDIRECT = 0x100;
export const QUERY_RESOLVE = 0x200;
export const STAGE_COMPUTE = 0x4;
export const MAP_MODE_READ = 0x1;
export const MAP_WRITE = 0x2;
export const MAP_MODE_WRITE = 0x2;
