/** The packed weights of a layer, or of some of its filters, for a kernel: made where they will lie. */
import type { Packing } from "../wasm/packing.js";
import type { Geometry } from "./geometry.js";
import { forwardLength, packColumns, packForward, packUnits, packVjp, vjpLength } from "./pack.js";

export interface FilterRange {
  readonly first: number;
  readonly count: number;
}

/** @param block filters of a tile of `conv_forward` or `conv_forward_grouped` */
export function forwardPacking(g: Geometry, { first, count }: FilterRange, block: number): Packing {
  return {
    length: forwardLength(g.taps, g.depth, count, block),
    write: (packed) => packForward(g.weights, g.taps, g.depth, g.filters, first, count, block, packed),
  };
}

/** @param block filters of a tile of `conv_forward_columns` */
export function columnsPacking(g: Geometry, { first, count }: FilterRange, block: number): Packing {
  return {
    length: forwardLength(g.taps, g.depth, count, block),
    write: (packed) => packColumns(g.weights, g.kernel[1], g.depth, g.filters, first, count, block, packed),
  };
}

/** @param block input channels of a block of `conv_vjp` */
export function vjpPacking(g: Geometry, { first, count }: FilterRange, block: number): Packing {
  return {
    length: vjpLength(g.taps, g.depth, count, block),
    write: (packed) => packVjp(g.weights, g.taps, g.depth, g.filters, first, count, block, packed),
  };
}

/** All weights of an input channel together. */
export function unitsPacking(g: Geometry): Packing {
  return {
    length: g.weights.length,
    write: (packed) => packUnits(g.weights, g.taps, g.depth, g.filters, packed),
  };
}
