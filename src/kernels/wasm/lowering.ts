/** What an operator's lowering to WASM kernels is, and what the planner of `src/engines/wasm` lends it. */
import type { AnyOperator, Step } from "../node.js";
import type { Cotangent, LiveTable, Mask } from "./cotangents.js";
import type { Packing } from "./packing.js";
import type { Buffer, Entry } from "./tape.js";
import type { Tuning } from "./tuning.js";

/**
 * Numbers of cotangents that backward passes are made for. They lie in memory in vectors of four lanes, but the
 * convolutions compute 10, what DeepFool and Jacobians of ten classes need, for less than 12.
 */
export const LANES = [4, 8, 10, 12] as const;
export type Lanes = (typeof LANES)[number];
export const MAX_LANES = 12;
/** What a backward pass carries: cotangents in lanes, or one alone, for a gradient. */
export type Width = Lanes | 1;
/** Floats from a unit's cotangents to the next unit's. */
export type Stride = 1 | 4 | 8 | 12;
export const strideOf = (width: Width): Stride =>
  width === 1 ? 1 : ((4 * Math.ceil(width / 4)) as 4 | 8 | 12);

/** How one operator becomes kernel calls, forward and backward. */
export interface Lowering<O extends AnyOperator = AnyOperator> {
  /** Emits what computes the step's output; returns what its vjp will read besides values. */
  forward(step: Step<O>, context: ForwardContext): Kept;
  /** Emits what adds the step's share to the cotangents of its inputs. */
  vjp(step: Step<O>, context: BackwardContext): void;
  /** Bytes of a thread's scratch that its kernels need. Default 0. */
  scratchBytes?(step: Step<O>, tuning: Tuning): number;
  /**
   * True if the vjp writes the cotangent of its first input by the live lists of that input's pixels, so that it may be
   * compact (`Cotangent.compact`). Default false.
   */
  writesLists?(step: Step<O>): boolean;
  /**
   * True if the vjp reads the output's cotangent by live lists alone: "whole" as a tensor of its own, "slices" also as
   * a slice of channels of a wider one. Default false.
   */
  readsLists?(step: Step<O>): "whole" | "slices" | false;
  /** What the cotangent is multiplied by at every unit, if that is all that the vjp does, of what the forward step kept. */
  derivative?(kept: Kept): Buffer | undefined;
  /** True if the vjp hands its output's winners on to its inputs, each its part. Default false. */
  readonly splitsWinners?: true;
  /** True if the vjp hands slices of channels of its output's cotangent on to its inputs. Default false. */
  splitsChannels?(step: Step<O>): boolean;
}

/** Buffers that a forward step leaves for its vjp, by a name of the step's own. */
export type Kept = Readonly<Record<string, Buffer>>;

export const NOTHING: Kept = {};

export type Constants = Float32Array | Int32Array | Uint8Array | Packing;

/** Linear memory that lasts as long as the engine. */
export interface Memory {
  /** Room whose contents start as zeros. */
  reserve(bytes: number): Buffer;
  /** Constant data; one copy of it lies in linear memory. */
  place(values: Constants): Buffer;
  /** The same for what only the pass of one cotangent reads: it is written when the first gradient is wanted. */
  placeLater(values: Constants): Buffer;
  /** First contents of a reserved buffer. */
  initialise(buffer: Buffer, values: Constants): void;
}

/** What lowering a step forward may use. */
export interface ForwardContext {
  readonly tuning: Tuning;
  readonly memory: Memory;
  readonly emit: (e: Entry) => void;
  readonly value: (name: string) => Buffer;
  /** At least `bytes` zeros. */
  readonly zeros: Buffer;
  /** What a kernel writes down for itself, as many bytes as the lowering's `scratchBytes` says. */
  readonly scratch: Buffer;
  /** True if the step's input depends on the image, so that its cotangent will be wanted. */
  readonly varies: (name: string) => boolean;
  /** True if many units of the value are likely to be 0: it comes out of a relu, whatever pools or joins it. */
  readonly sparse: (name: string) => boolean;
  /** True if the cotangent of the value will be defined at every unit, and not 0 at most of them. */
  readonly whole: (name: string) => boolean;
  /** The table of `livePatterns`. */
  readonly patterns: Buffer;
}

/** How the cotangent of a value starts where a step adds its share. */
export type Start =
  | { readonly kind: "zero" }
  | { readonly kind: "accumulate" }
  /** From another cotangent, zero where that one is not live. */
  | { readonly kind: "copy"; readonly source: Cotangent };

/** What lowering a step's vjp may use. */
export interface BackwardContext {
  readonly tuning: Tuning;
  readonly memory: Memory;
  /** Cotangents of a unit that matter, and the floats that they lie in. */
  readonly width: Width;
  readonly stride: Stride;
  readonly emit: (e: Entry) => void;
  readonly value: (name: string) => Buffer;
  /** Which units of a value are live; undefined: all. */
  readonly mask: (name: string) => Mask | undefined;
  readonly kept: Kept;
  readonly scratch: (bytes: number) => Buffer;
  /** True if the cotangent of this value leads to the image. */
  readonly varies: (name: string) => boolean;
  /** The finished cotangent of the step's output, `[units][lanes]` without gaps. */
  readonly cotangent: Cotangent;
  /** The same, but possibly a slice of channels, for kernels that can step over the others. */
  readonly sliced: Cotangent;
  /**
   * Lets an input's cotangent be a slice of the output's channels from `first` on, if nothing else adds to it.
   * False: it must be copied.
   */
  readonly passSlice: (name: string, first: number) => boolean;
  /** Where the step adds to the cotangent of an input, and how that starts. */
  readonly into: (name: string) => { readonly target: Cotangent; readonly accumulate: 0 | 1 };
  /**
   * Where a step adds to the cotangent of what an input is a function of, value by value: only if nothing else reads either, and the
   * step then multiplies by the derivative, which lies as the input does. Undefined: there is no such function.
   */
  readonly through: (name: string) => { readonly target: Cotangent; readonly factor: Buffer } | undefined;
  /** The same for a kernel that can start from a copy. */
  readonly intoFrom: (name: string) => { readonly target: Cotangent; readonly start: Start };
  /** What the step has just added to an input's cotangent left 0 at every dead unit of it. */
  readonly zeroes: (name: string) => void;
  /** True if many units of a value's cotangent are likely to be 0. */
  readonly sparse: (name: string) => boolean;
  /** The table of `livePatterns`. */
  readonly patterns: Buffer;
  /** A cotangent of a value, with 0 at its dead units: a copy. */
  readonly masked: (of: Cotangent, name: string, label: string) => Buffer;
  /** Zeros, as many as the longest axis of channels, and 64 bytes. */
  readonly zeros: Buffer;
  /** Passes the output's cotangent on unchanged, without a copy where nothing else needs one. */
  readonly pass: (name: string) => void;
  readonly live: (of: Cotangent, height: number, width: number, channels: number, block: number) => LiveTable;
  /** A table to read whole rows of; any blocks. */
  readonly liveRows: (of: Cotangent, height: number, width: number, channels: number) => LiveTable;
  readonly lanes: <N extends string>(name: N) => `${N}_${Stride}`;
}
