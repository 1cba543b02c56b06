/** A copy from one array with strides to another: strides and starts in values, any sign. */
export interface StridedCopy {
  readonly shape: readonly number[];
  readonly from: readonly number[];
  readonly to: readonly number[];
  readonly fromStart: number;
  readonly toStart: number;
}

/** One axis of a copy. */
export interface CopyAxis {
  readonly count: number;
  readonly from: number;
  readonly to: number;
}

/** Axes from the outermost to the innermost, and how many values beyond them lie side by side in both arrays. */
export interface CopyAxes {
  readonly axes: readonly CopyAxis[];
  readonly run: number;
}

/** The copy in as few axes as it takes: those of one value are left out, and those that walk on where the next ends are joined. */
export function joinedAxes({ shape, from, to }: StridedCopy): CopyAxes {
  const axes: CopyAxis[] = [];
  shape.forEach((count, a) => {
    const last = axes.at(-1);
    if (count === 1) return;
    if (last && last.from === count * from[a] && last.to === count * to[a])
      axes[axes.length - 1] = { count: last.count * count, from: from[a], to: to[a] };
    else axes.push({ count, from: from[a], to: to[a] });
  });
  const inner = axes.at(-1);
  if (inner?.from !== 1 || inner.to !== 1) return { axes, run: 1 };
  return { axes: axes.slice(0, -1), run: inner.count };
}
