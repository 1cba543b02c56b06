/** Cotangents in linear memory: which of their units are defined, and how kernels are told. */
import { type Buffer, type Field, f32, Place } from "./tape.js";

/** The units of a value that let cotangents through: those whose entry in `values` lies inside `(low, high)`. */
export interface Mask {
  readonly values: Buffer;
  readonly low: number;
  readonly high: number;
  /** Set if only a max pool reads the value: `values` marks the winners. The backward pass fills it. */
  readonly winners?: true;
}

/**
 * The cotangents of a value, `[unit][lane]`. Under a mask they are defined at live units only. With
 * `candidates` they are zero in every channel that is not a candidate class.
 */
export interface Cotangent {
  readonly buffer: Buffer;
  readonly mask?: Mask;
  readonly candidates: boolean;
  /**
   * The cotangents lie as the entries of its live lists do, one beside the other along an image row: less memory is
   * touched, one line after the other. See `src/engines/wasm/plan/compact.ts`.
   */
  readonly compact?: true;
  /** Dead units hold 0, which is more than that they are not defined. */
  readonly zeroed?: true;
  /** Set if this is a slice of channels of a wider tensor: its first channel there, that tensor's channels, and itself. */
  readonly slice?: { readonly first: number; readonly channels: number; readonly of: Cotangent };
}

/** A table of live lists, in the form of `live_list/wasm.ts`. */
export interface LiveTable {
  readonly table: Field;
  /** Bytes from one pixel's row of the table to the next; 0: every pixel has the same list. */
  readonly pitch: number;
  readonly blocks: number;
  /** Where the entries begin; 0: not in the order of any compact cotangent. */
  readonly entries: Field;
}

/** The field by which a kernel finds a cotangent: where the entries begin if it is compact, else 0, by its channel. */
export const entriesField = ({ compact }: Cotangent, { entries }: LiveTable): Field =>
  compact ? entries : 0;

/** Fields that tell a kernel which units of a cotangent are defined. */
export function maskFields(mask: Mask | undefined) {
  return {
    yValues: mask?.values ?? 0,
    yLow: f32(mask?.low ?? 0),
    yHigh: f32(mask?.high ?? 0),
  };
}

/** Fields that tell a kernel which units of what it writes are live, from the byte `offset` on. */
export function liveFields(mask: Mask | undefined, offset = 0) {
  return {
    values: mask ? new Place(mask.values, offset) : 0,
    low: f32(mask?.low ?? 0),
    high: f32(mask?.high ?? 0),
  };
}

/**
 * True where dead units of an output come from dead units of the input alone: both are dead by the same test, the output
 * on its own values. What is undefined at the output may then be handed on.
 *
 * @param value where the output's values lie
 */
export function isNested(output: Mask | undefined, value: Buffer, input: Mask | undefined): boolean {
  return (
    output !== undefined && output.values === value && output.low === input?.low && output.high === input.high
  );
}
