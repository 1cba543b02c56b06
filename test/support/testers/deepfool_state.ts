import {
  offsetInState,
  STATE_BYTES,
  type StateDouble,
  type StateInteger,
} from "../../../src/kernels/deepfool_step/loop_state.js";
import { passList } from "../../../src/kernels/seeds/pass_list.js";
import type { Block, WasmKernels } from "../wasm_kernel.js";

type Name = StateDouble | StateInteger;
export type StateValues = Partial<Record<Name, number>>;

const FIRST_INTEGER = offsetInState("order");

/** A loop's state in memory; what is not named is 0. */
export function stateOf(values: StateValues): Float64Array {
  const view = new DataView(new ArrayBuffer(8 * Math.ceil(STATE_BYTES / 8)));
  for (const [name, value] of Object.entries(values)) {
    const offset = offsetInState(name as Name);
    if (offset < FIRST_INTEGER) view.setFloat64(offset, value, true);
    else view.setInt32(offset, value, true);
  }
  return new Float64Array(view.buffer);
}

/** The named values of a state. */
export function readState<N extends Name>(block: Block<Float64Array>, ...names: N[]): Record<N, number> {
  const view = new DataView(block.values().buffer);
  const read = (offset: number) =>
    offset < FIRST_INTEGER ? view.getFloat64(offset, true) : view.getInt32(offset, true);
  return Object.fromEntries(names.map((name) => [name, read(offsetInState(name))])) as Record<N, number>;
}

/** Throws if a call has changed a value that is not named, or none that is: `changed` with what they are now. */
export function expectState(block: Block<Float64Array>, before: StateValues, changed: StateValues): void {
  const expected = stateOf({ ...before, ...changed });
  const [found, wanted] = [new Uint8Array(block.values().buffer), new Uint8Array(expected.buffer)];
  const at = found.findIndex((byte, i) => i < STATE_BYTES && byte !== wanted[i]);
  if (at < 0) return;
  const names = Object.keys(changed) as Name[];
  throw new Error(`state differs at byte ${at}: ${JSON.stringify(readState(block, ...names))}`);
}

/** One backward pass in a list: its first candidate, how many, and the lanes that they lie in. */
export interface PassRecord {
  readonly first: number;
  readonly count: number;
  readonly stride: number;
  readonly target?: number;
}

/** A pass list whose next pass is number `next`. */
export function passListOf(
  kernels: WasmKernels,
  records: readonly PassRecord[],
  next: number,
): Block<Int32Array> {
  const words = new Int32Array((passList.records + passList.bytes * records.length) / 4);
  records.forEach(({ first, count, stride, target = 0 }, i) => {
    words.set([first, count, stride, target], (passList.records + i * passList.bytes) / 4);
  });
  const block = kernels.inout(words);
  const at = (i: number) => block.at + passList.records + i * passList.bytes;
  kernels.set(block, [at(next), at(records.length)]);
  return block;
}
