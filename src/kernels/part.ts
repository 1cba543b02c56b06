import type { Shape } from "./node.js";

/** A box of a value: along axis `a` the places `starts[a] <= i < ends[a]`, at least one. */
export interface Part {
  readonly starts: readonly number[];
  readonly ends: readonly number[];
}

export const wholeOf = (shape: Shape): Part => ({ starts: shape.map(() => 0), ends: shape });

export const shapeOfPart = ({ starts, ends }: Part): Shape => ends.map((end, axis) => end - starts[axis]);

export const isWhole = ({ starts, ends }: Part, shape: Shape): boolean =>
  shape.every((n, axis) => starts[axis] === 0 && ends[axis] === n);

/** The smallest box around both. */
export function around(a: Part, b: Part): Part {
  return {
    starts: a.starts.map((start, axis) => Math.min(start, b.starts[axis])),
    ends: a.ends.map((end, axis) => Math.max(end, b.ends[axis])),
  };
}

/** The part on axes that `keeps` says, all of `shape` on the others. */
export function partOn(keeps: (axis: number) => boolean, { starts, ends }: Part, shape: Shape): Part {
  return {
    starts: shape.map((_, axis) => (keeps(axis) ? starts[axis] : 0)),
    ends: shape.map((n, axis) => (keeps(axis) ? ends[axis] : n)),
  };
}

/** What an operator whose last axis is one thing reads for a part of its output, on all the other axes alike. */
export function rowsOfPart(part: Part, shape: Shape): Part {
  return partOn((axis) => axis < shape.length - 1, part, shape);
}
