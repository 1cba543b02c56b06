import {
  doWhile,
  type Frame,
  type I32,
  i32Splat,
  i32x4Of,
  ifThen,
  loadI32,
  loadV,
  selectI32,
  storeI32,
  storeV,
  type Variable,
  whileDo,
} from "../wasm/assembler.js";
import { minU } from "../wasm/tiles.js";

/** Fields of `conv_vjp_grouped` that gathering reads. */
export const GROUP_GATHER_FIELDS = [
  "gy",
  "yTable",
  "yPitch",
  "yChannels",
  "yEntries",
  "outHeight",
  "outWidth",
  "rowBytes",
  "tapBytes",
  "filters",
  "kernelHeight",
  "kernelWidth",
  "strideHeight",
  "strideWidth",
  "padTop",
  "padLeft",
  "dilationHeight",
  "dilationWidth",
  "listBytes",
  "segmentBytes",
  "stateBytes",
] as const;

/** Bytes of constants at the start of the scratch. */
const CONSTANT_BYTES = 64;
/** From a boundary in a table to the next: blocks of the tables are groups. */
const BOUNDARY_BYTES = 4;

/** The live outputs under the taps of an input pixel, one group after the other. */
interface GroupWindow {
  /** Pairs `[first, end)` of the group that `gather` listed last, as those of `liveWindow`. */
  readonly first: Variable<I32>;
  readonly end: Variable<I32>;
  /** Forgets what was gathered: the next pixel is in another row or meets other groups. */
  readonly restart: () => void;
  /** Goes to input position (h, w), to this group first; positions of a row rise. */
  readonly moveTo: (h: I32, w: I32, group: I32) => void;
  /** Lists what the group, whose weights these are, has there; then goes to the next. */
  readonly gather: (weights: I32) => void;
}

/**
 * `liveWindow` for several groups at once: each has a list of its own, which grows by the columns of outputs that a
 * pixel is the first of its row to see. Where those lie is the same for all groups: `moveTo` writes it down, as segments,
 * and `gather` appends what a group has there.
 *
 * In `scratch`: constants; `segmentBytes` of segments; then for each group `stateBytes`: the end of its list, where each
 * column starts in it, and the list. All lists start again from the front once one has grown beyond `listBytes`; up to 8
 * pairs are written after the last.
 */
export function groupWindow(
  { field, locals }: Pick<Frame<(typeof GROUP_GATHER_FIELDS)[number]>, "field" | "locals">,
  laneBytes: number,
  scratch: I32,
): GroupWindow {
  const [gy, yTable, yPitch] = [field("gy"), field("yTable"), field("yPitch")];
  const [yChannels, yEntries] = [field("yChannels"), field("yEntries")];
  const [outHeight, outWidth, filters] = [field("outHeight"), field("outWidth"), field("filters")];
  const [rowBytes, tapBytes] = [field("rowBytes"), field("tapBytes")];
  const [kernelHeight, kernelWidth] = [field("kernelHeight"), field("kernelWidth")];
  const [strideHeight, strideWidth] = [field("strideHeight"), field("strideWidth")];
  const [padTop, padLeft] = [field("padTop"), field("padLeft")];
  const [dilationHeight, dilationWidth] = [field("dilationHeight"), field("dilationWidth")];
  const stateBytes = field("stateBytes");
  const segments = locals.i32(scratch.add(CONSTANT_BYTES));
  const states = locals.i32(segments.add(field("segmentBytes")));
  const listsAt = locals.i32(columnTableBytes(outWidth));
  const limit = locals.i32(listsAt.add(field("listBytes")));
  const [reach, firstColumn, stop, column, fresh, overflows] = Array.from({ length: 6 }, () => locals.i32());
  const [row, hy, r, x, gap, tap, output] = Array.from({ length: 7 }, () => locals.i32());
  const [segment, segmentsEnd, columnEnd, header, state] = Array.from({ length: 5 }, () => locals.i32());
  const [q, qEnd, ranks, next, first, top] = Array.from({ length: 6 }, () => locals.i32());
  const [weightAddend, cotangentAddend, rows, cotangents] = Array.from({ length: 4 }, () => locals.v128());
  const span = locals.i32(kernelWidth.sub(1).mul(dilationWidth));
  // A compact cotangent lies `perEntry` times as far from `gy` as its entry from `yEntries`.
  const perEntry = locals.i32(selectI32(yEntries, laneBytes / 4, 0));
  const compactBase = locals.i32(gy.sub(yEntries.mul(laneBytes / 4)));
  // In memory, because V8 puts a vector together again wherever it is used.
  storeV(scratch, i32Splat(rowBytes));
  storeV(scratch, i32Splat(laneBytes), 16);
  storeV(scratch, i32x4Of(0, 1, 2, 3), 32);
  storeV(scratch, i32x4Of(4, 5, 6, 7), 48);

  // q stride + t dilation = p + pad for the output row q under tap t of input row p. A division a tap would cost
  // more than the tap's work, so the usual stride 1 has its own branch. A tap before the first output is a huge
  // unsigned number, and so is -1.
  const listRows = (h: I32, group: I32): void => {
    hy.set(h.add(padTop));
    r.set(kernelHeight);
    doWhile(
      () => {
        row.set(hy);
        ifThen(strideHeight.ne(1), () => {
          row.set(hy.divU(strideHeight));
          row.set(selectI32(row.mul(strideHeight).eq(hy), row, -1));
        });
        ifThen(row.ltU(outHeight).and(hy.geS(0)), () => {
          output.set(row.mul(outWidth).add(x));
          storeI32(segmentsEnd, yTable.add(output.mul(yPitch)).add(group.mul(BOUNDARY_BYTES)));
          storeI32(segmentsEnd, tap, 4);
          output.set(gy.add(output.mul(yChannels).mul(laneBytes)));
          storeI32(segmentsEnd, selectI32(yEntries, compactBase, output), 8);
          segmentsEnd.set(segmentsEnd.add(16));
        });
        tap.set(tap.add(kernelWidth.mul(tapBytes)));
        hy.set(hy.sub(dilationHeight));
        r.set(r.sub(1));
      },
      () => r,
    );
  };
  // A column is a header (its bytes, where its start is noted) and a segment for each row of outputs (the address of
  // the group's boundaries, weights of the tap, cotangents).
  const listColumn = (h: I32, w: I32, group: I32): void => {
    header.set(segmentsEnd);
    segmentsEnd.set(segmentsEnd.add(16));
    gap.set(reach.sub(x.mul(strideWidth)));
    tap.set(dilationWidth);
    ifThen(dilationWidth.ne(1), () => {
      tap.set(gap.remU(dilationWidth).eqz());
      gap.set(gap.divU(dilationWidth));
    });
    ifThen(tap, () => {
      tap.set(gap.sub(w).mul(tapBytes));
      listRows(h, group);
    });
    storeI32(header, segmentsEnd.sub(header));
    storeI32(header, x.shl(2), 4);
    x.set(x.add(1));
  };

  const restart = (): void => {
    column.set(0);
    overflows.set(1);
  };
  const moveTo = (h: I32, w: I32, group: I32): void => {
    // Columns x with  0 <= w + padLeft - x stride <= span.
    reach.set(w.add(padLeft));
    firstColumn.set(selectI32(reach.geU(span), reach.sub(span), 0));
    stop.set(reach);
    ifThen(strideWidth.ne(1), () => {
      firstColumn.set(firstColumn.add(strideWidth).sub(1).divU(strideWidth));
      stop.set(reach.divU(strideWidth));
    });
    stop.set(minU(stop.add(1), outWidth));
    fresh.set(column.ltU(firstColumn).or(overflows).or(dilationWidth.ne(1)));
    column.set(selectI32(fresh, firstColumn, column));
    overflows.set(0);
    segmentsEnd.set(segments);
    x.set(column);
    whileDo(
      () => x.ltU(stop),
      () => listColumn(h, w, group),
    );
    column.set(selectI32(column.ltU(stop), stop, column));
    stop.set(firstColumn.ltU(stop));
    firstColumn.set(firstColumn.shl(2));
    state.set(states);
  };

  // Four live outputs, `i` fours after the first at q.
  const appendFour = (i: number): void => {
    rows.set(
      loadV(q, 16 * i)
        .i32Mul(loadV(scratch))
        .i32Add(weightAddend),
    );
    cotangents.set(
      loadV(ranks, 16 * i)
        .i32Mul(loadV(scratch, 16))
        .i32Add(cotangentAddend),
    );
    storeV(top, rows.shuffle(cotangents, [0, 4, 1, 5]), 32 * i);
    storeV(top, rows.shuffle(cotangents, [2, 6, 3, 7]), 32 * i + 16);
  };
  // The live outputs of a group at one pixel: few in one go, many by eights.
  const appendSegment = (weights: I32): void => {
    q.set(loadI32(segment));
    storeI32(segment, q.add(BOUNDARY_BYTES));
    qEnd.set(loadI32(q, BOUNDARY_BYTES));
    q.set(loadI32(q));
    weightAddend.set(i32Splat(weights.add(loadI32(segment, 4))));
    cotangentAddend.set(i32Splat(loadI32(segment, 8).add(q.mul(perEntry))));
    next.set(top.add(qEnd.sub(q).shl(1)));
    const setRanks = (): void => ranks.set(selectI32(perEntry, scratch.add(32), q));
    ifThen(
      filters.leU(4),
      () => {
        setRanks();
        appendFour(0);
      },
      () =>
        doWhile(
          () => {
            setRanks();
            appendFour(0);
            appendFour(1);
            cotangentAddend.set(cotangentAddend.i32Add(i32Splat(perEntry.shl(5))));
            q.set(q.add(32));
            top.set(top.add(64));
          },
          () => q.ltU(qEnd),
        ),
    );
    top.set(next);
    segment.set(segment.add(16));
  };
  const gather = (weights: I32): void => {
    top.set(selectI32(fresh, state.add(listsAt), loadI32(state)));
    segment.set(segments);
    whileDo(
      () => segment.ltU(segmentsEnd),
      () => {
        storeI32(state.add(loadI32(segment, 4)), top, 4);
        columnEnd.set(segment.add(loadI32(segment)));
        segment.set(segment.add(16));
        whileDo(
          () => segment.ltU(columnEnd),
          () => appendSegment(weights),
        );
      },
    );
    storeI32(state, top);
    overflows.set(overflows.or(top.gtU(state.add(limit))));
    first.set(top);
    ifThen(stop, () => first.set(loadI32(state.add(firstColumn), 4)));
    state.set(state.add(stateBytes));
  };
  return { first, end: top, restart, moveTo, gather };
}

/** Bytes of the end of a list and of where its columns start, a multiple of 16. */
const columnTableBytes = (outWidth: I32): I32 => outWidth.add(4).and(-4).shl(2);
