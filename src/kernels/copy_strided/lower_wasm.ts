import { type Buffer, type Entry, entry, Place } from "../wasm/tape.js";
import { type CopyAxes, joinedAxes, type StridedCopy } from "./axes.js";

/** Axes of the kernel. */
const AXES = 4;

/** A copy with what it is of. */
export interface StridedBuffers {
  readonly x: Buffer;
  readonly y: Buffer;
  /** Floats of a value: 1, or the lanes of a cotangent. */
  readonly floats: number;
  readonly accumulate: 0 | 1;
}

/** True where the kernel has axes enough. */
export function isStrided(copy: StridedCopy): boolean {
  return joinedAxes(copy).axes.length <= AXES;
}

/** @param copy with no more axes than the kernel has, see {@link isStrided} */
export function stridedEntry(
  label: string,
  copy: StridedCopy,
  { x, y, floats, accumulate }: StridedBuffers,
): Entry {
  const { axes, run } = inTiles(joinedAxes(copy));
  // The outer two make the tiles: a missing axis lies between them and the inner ones.
  const outer = axes.slice(0, Math.max(1, axes.length - 2));
  const inner = axes.slice(outer.length);
  const none = { count: 1, from: 0, to: 0 };
  const [n0 = none, n1 = none] = outer;
  const [n2, n3] = [inner.length > 1 ? inner[0] : none, inner.at(-1) ?? none];
  const bytes = (stride: number) => 4 * floats * stride;
  return entry("copy_strided", label, n0.count * n1.count, {
    x: new Place(x, bytes(copy.fromStart)),
    y: new Place(y, bytes(copy.toStart)),
    ...{ n0: n0.count, n1: n1.count, n2: n2.count, n3: n3.count },
    ...{ x0: bytes(n0.from), x1: bytes(n1.from), x2: bytes(n2.from), x3: bytes(n3.from) },
    ...{ y0: bytes(n0.to), y1: bytes(n1.to), y2: bytes(n2.to), y3: bytes(n3.to) },
    run: floats * run,
    accumulate,
  });
}

/** A single run in up to 64 equal parts, for as many threads. */
function inTiles(copy: CopyAxes): CopyAxes {
  if (copy.axes.length > 0) return copy;
  let parts = 1;
  while (parts < 64 && copy.run % (2 * parts) === 0) parts *= 2;
  const run = copy.run / parts;
  return { axes: [{ count: parts, from: run, to: run }], run };
}
