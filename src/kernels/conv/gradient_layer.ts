/** What the kernels of one cotangent are told of a convolution. */
import type { Step } from "../node.js";
import { type Cotangent, liveFields } from "../wasm/cotangents.js";
import { type Buffer, type Field, Place } from "../wasm/tape.js";
import type { Geometry } from "./geometry.js";

/** Weights as `conv_vjp` and `conv_vjp_grouped` have them, of some of the filters. */
export interface GradientPart {
  readonly weights: Buffer;
  readonly first: number;
  readonly count: number;
}

/** Where the cotangents of all filters lie: `[pixel][pitch]` floats, the first filter's at `offset`. */
export interface Cotangents {
  readonly in: Buffer;
  readonly offset: number;
  readonly pitch: number;
}

/** Where a call's results go, and what they start from. */
export interface Shares {
  readonly target: Cotangent;
  readonly residual: Buffer | undefined;
}

/** A call of the vjp, however it is computed. */
export interface GradientLayer {
  readonly step: Step;
  readonly g: Geometry;
  readonly part: GradientPart;
  /** The part is all filters. */
  readonly whole: boolean;
  /** Channels whose weights lie together. */
  readonly block: number;
  readonly gy: Cotangents;
  readonly shares: Shares;
}

/** The tiles that a block of channels can be cut into, and how many pixels each has. */
export function tileOf(g: Geometry, block: number) {
  const fits = (channels: number) => block >= g.depth || block % channels === 0;
  if (g.depth > 4 && Math.ceil(g.depth / 8) % 2 === 0 && fits(16))
    return { kernel: "conv_gradient_2x16", pixels: 2, channels: 16 } as const;
  if (g.depth > 4 && fits(8)) return { kernel: "conv_gradient_4x8", pixels: 4, channels: 8 } as const;
  return { kernel: "conv_gradient_7x4", pixels: 7, channels: 4 } as const;
}

/** The fields by which a kernel finds the channels' weights. */
export function weightFields(g: Geometry, { weights, count }: GradientPart, block: number) {
  const rowBytes = 4 * block;
  const tapBytes = count * rowBytes;
  return { weights, rowBytes, tapBytes, block, blockBytes: g.taps * tapBytes };
}

/** The fields that say which units of the target are live. */
export function targetFields({ target, residual }: Shares, bytes: number) {
  const at = (buffer: Buffer): Field => (bytes === 0 ? buffer : new Place(buffer, bytes));
  return {
    y: at(target.buffer),
    residual: residual ? at(residual) : 0,
    ...liveFields(target.mask, bytes),
  };
}
