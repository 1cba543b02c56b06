import type { WasmKernels } from "./wasm_kernel.js";

/**
 * The fields `xTable`, `xPitch`, `xSpan`, `xEntries` of a vjp kernel: the channels of every pixel whose `live` is not 0, in the
 * form that `live_list` makes of one block (`kernels/live_list/wasm.ts`).
 *
 * @param live `[pixels][channels]`
 * @param compact cotangents lie as the entries do, where `livePlaces` says
 */
export function liveTable(kernels: WasmKernels, live: ArrayLike<number>, channels: number, compact = false) {
  const pixels = live.length / channels;
  const lists = Array.from({ length: pixels }, (_, p) =>
    Array.from({ length: channels }, (_, c) => c).filter((c) => live[p * channels + c]),
  );
  // What no list names is poisoned.
  const entries = new Int32Array(pixels * channels).fill(-1);
  for (const [p, list] of lists.entries()) entries.set(list, p * channels);
  const at = kernels.input(entries).at;
  const boundaries = lists.flatMap((list, p) => [
    at + 4 * p * channels,
    -1,
    at + 4 * (p * channels + list.length),
  ]);
  return {
    xTable: kernels.input(Int32Array.from(boundaries)),
    xPitch: 12,
    xSpan: 8,
    xEntries: compact ? at : 0,
  };
}

/** Where each unit's cotangents lie, in units: its own place, or compact its place among the entries; -1: nowhere. */
export function livePlaces(live: ArrayLike<number>, channels: number, compact: boolean): Int32Array {
  let next = 0;
  return Int32Array.from(live, (value, u) => {
    if (u % channels === 0) next = u;
    if (!compact) return u;
    return value ? next++ : -1;
  });
}
