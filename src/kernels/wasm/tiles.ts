/** Loop shapes that the element-wise kernels share: tiles of a flat run of units, vectors and their tails. */
import {
  type Frame,
  type I32,
  ifThen,
  type Locals,
  loadSplat,
  loadV,
  selectI32,
  storeLane,
  storeV,
  type V128,
  type Variable,
  whileDo,
} from "./assembler.js";
import type { Stride } from "./lowering.js";

/** How many float32 a step handles: a vector, or one of the tail. */
export type Width = 4 | 1;

/** A vector, or one value in all lanes: lane 0 of what follows is the same for both. */
export const load = (width: Width, p: I32, offset = 0): V128 =>
  width === 4 ? loadV(p, offset) : loadSplat(p, offset);

export function store(width: Width, p: I32, x: V128, offset = 0): void {
  if (width === 4) storeV(p, x, offset);
  else storeLane(p, x, 0, offset);
}

/** How a kernel takes a unit's cotangents: in vectors, or one by itself, which every lane of a vector holds. */
export function lanesOf(stride: Stride): { readonly vectors: number; readonly width: Width } {
  return stride === 1 ? { vectors: 1, width: 1 } : { vectors: stride / 4, width: 4 };
}

/** The smaller of two unsigned integers. */
export const minU = (a: I32, b: I32): I32 => selectI32(a.ltU(b), a, b);

/** The smaller of two signed integers. */
export const minSigned = (a: I32, b: I32): I32 => selectI32(a.ltS(b), a, b);

/** Runs `body(unit, stop)` for every tile of the kernel, `size` units each but for the last. */
export function forEachTile(
  { begin, end, locals }: Pick<Frame<never>, "begin" | "end" | "locals">,
  units: I32,
  size: number,
  body: (unit: Variable<I32>, stop: Variable<I32>) => void,
): void {
  const [unit, stop] = [locals.i32(), locals.i32()];
  whileDo(
    () => begin.ltU(end),
    () => {
      unit.set(begin.mul(size));
      stop.set(minU(unit.add(size), units));
      body(unit, stop);
      begin.set(begin.add(1));
    },
  );
}

/** Counts `left` down to 0: `body(4)` as long as there are four, then `body(1)`. */
export function forEachWidth(left: Variable<I32>, body: (width: Width) => void): void {
  for (const width of [4, 1] as const)
    whileDo(
      () => left.geU(width),
      () => {
        body(width);
        left.set(left.sub(width));
      },
    );
}

/** A position in an array that repeats with a period: byte offset `at`, wrapped by `advance`. */
export function cycle(locals: Locals, period: I32) {
  const at = locals.i32();
  const bytes = locals.i32(period.shl(2));
  return {
    at,
    /** Bytes of a whole period. */
    bytes,
    start: (unit: I32): void => at.set(unit.remU(period).shl(2)),
    /** By one value. */
    advance: (): void => {
      at.set(at.add(4));
      ifThen(at.eq(bytes), () => at.set(0));
    },
  };
}

/** What the lanes of each of four vectors add up to, `(0 + 2) + (1 + 3)`, side by side; `ab` and `cd` are written. */
export function laneSums(
  [a, b, c, d]: readonly [V128, V128, V128, V128],
  [ab, cd]: readonly [Variable<V128>, Variable<V128>],
): V128 {
  const both = (x: V128, y: V128): V128 => x.shuffle(y, [0, 4, 1, 5]).add(x.shuffle(y, [2, 6, 3, 7]));
  ab.set(both(a, b));
  cd.set(both(c, d));
  return ab.shuffle(cd, [0, 1, 4, 5]).add(ab.shuffle(cd, [2, 3, 6, 7]));
}

/** All bits set where `low < value < high`: the unit is live. */
export const isLive = (value: V128, low: V128, high: V128): V128 => value.gt(low).and(value.lt(high));

/** `pmax` and `pmin` in the order that keeps a NaN of `x`. */
export const clamp = (x: V128, low: V128, high: V128): V128 => x.pmax(low).pmin(high);
