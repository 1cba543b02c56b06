/** How convolutions end: residual, clamp or mask, store. */
import {
  type I32,
  ifThen,
  loadSplat,
  loadV,
  storeLane,
  storeV,
  type V128,
  type Variable,
  zero,
} from "../wasm/assembler.js";
import { clamp, isLive } from "../wasm/tiles.js";

interface Sums {
  /** Byte offset of the first of them in y, and in what lies like y. */
  readonly out: I32;
  readonly y: I32;
  /** 0: none. It may be y. */
  readonly residual: I32;
  /** Channels from the first lane on that there are. */
  readonly left: I32;
  readonly acc: readonly Variable<V128>[];
  readonly spare: Variable<V128>;
}

/** Sums of a pixel, clamped. */
export function storeClamped(sums: Sums & { readonly low: V128; readonly high: V128 }): void {
  store(sums, (values) => {
    for (const value of values) value.set(clamp(value, sums.low, sums.high));
  });
}

/** Sums of a pixel, 0 where `low < values < high` does not hold; `values` 0: all as they are. */
export function storeLive(
  sums: Sums & {
    readonly values: I32;
    readonly low: V128;
    readonly high: V128;
    readonly live: Variable<V128>;
  },
): void {
  const { values: mask, low, high, live } = sums;
  store(sums, (values, like) =>
    ifThen(mask, () => {
      for (const [v, value] of values.entries()) {
        live.set(like(mask, v));
        value.set(value.and(isLive(live, low, high)));
      }
    }),
  );
}

/**
 * Vectors at a time, past the last channel lane by lane. Sums of -0 become 0, so that it does not show how many products of 0
 * they have.
 *
 * @param finish is given the v-th of the values, and reads the same of an array that lies like y
 */
function store(
  { out, y, residual, left, acc, spare }: Sums,
  finish: (values: readonly Variable<V128>[], like: (array: I32, v: number) => V128) => void,
): void {
  for (const sum of acc) sum.set(sum.add(zero()));
  ifThen(
    left.geU(4 * acc.length),
    () => {
      const like = (array: I32, v: number): V128 => loadV(array.add(out), 16 * v);
      ifThen(residual, () => {
        for (const [v, sum] of acc.entries()) sum.set(sum.add(like(residual, v)));
      });
      finish(acc, like);
      for (const [v, sum] of acc.entries()) storeV(y.add(out), sum, 16 * v);
    },
    () => {
      for (const [v, sum] of acc.entries())
        for (const lane of [0, 1, 2, 3] as const)
          ifThen(left.gtU(4 * v + lane), () => {
            const like = (array: I32): V128 => loadSplat(array.add(out), 16 * v + 4 * lane);
            // Only this lane may see its residual: the others are still to come.
            spare.set(sum);
            ifThen(residual, () => spare.set(spare.add(like(residual))));
            finish([spare], like);
            storeLane(y.add(out), spare, lane, 16 * v + 4 * lane);
          });
    },
  );
}
