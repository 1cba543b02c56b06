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

/** Fields of `conv_vjp` that gathering reads. */
export const GATHER_FIELDS = [
  "gy",
  "yTable",
  "yPitch",
  "yBegin",
  "yEnd",
  "yChannels",
  "yEntries",
  "outHeight",
  "outWidth",
  "rowBytes",
  "tapBytes",
  "kernelHeight",
  "kernelWidth",
  "strideHeight",
  "strideWidth",
  "padTop",
  "padLeft",
  "dilationHeight",
  "dilationWidth",
  "listBytes",
] as const;

/** The live outputs under the taps of one input pixel: `[first, end)`, pairs as `liveWindow` describes them. */
interface LiveWindow {
  readonly first: Variable<I32>;
  readonly end: Variable<I32>;
  /** Forgets what was gathered: the next pixel is in another row or meets other weights. */
  readonly restart: () => void;
  /** Lists what lies under input position (h, w); positions of a row rise. */
  readonly moveTo: (h: I32, w: I32, weights: I32) => void;
}

/**
 * Lists the live outputs under the taps of input pixels, as pairs (address of the weight row, address of the
 * cotangent), by columns of outputs, then rows, then channels.
 *
 * Neighbouring pixels of a row see almost the same outputs, but each under the tap `tapBytes` further on. So pairs
 * hold the address of the weight row less `w tapBytes`, w being the position of the input pixel in its row: then
 * they are the same for all pixels, and moving to the next gathers one more column. (With dilation that does not
 * hold, and every pixel starts afresh.)
 *
 * In `scratch`: where the list of each column starts, then the lists one after the other. They start again from the
 * front when a column would have to start beyond `listBytes`; up to 7 pairs are written after the last.
 */
export function liveWindow(
  { field, locals }: Pick<Frame<(typeof GATHER_FIELDS)[number]>, "field" | "locals">,
  laneBytes: number,
  scratch: I32,
): LiveWindow {
  const [gy, yTable, yPitch] = [field("gy"), field("yTable"), field("yPitch")];
  const [yBegin, yEnd, yChannels] = [field("yBegin"), field("yEnd"), field("yChannels")];
  const [outHeight, outWidth] = [field("outHeight"), field("outWidth")];
  const [rowBytes, tapBytes] = [field("rowBytes"), field("tapBytes")];
  const [kernelHeight, kernelWidth] = [field("kernelHeight"), field("kernelWidth")];
  const [strideHeight, strideWidth] = [field("strideHeight"), field("strideWidth")];
  const [padTop, padLeft] = [field("padTop"), field("padLeft")];
  const [dilationHeight, dilationWidth] = [field("dilationHeight"), field("dilationWidth")];
  const [r, hy, row, column, firstColumn, stop] = Array.from({ length: 6 }, () => locals.i32());
  const [q, qEnd, unit, tap, next, first, top] = Array.from({ length: 7 }, () => locals.i32());
  const [reach, gap] = [locals.i32(), locals.i32()];
  const [addend, channels, place] = Array.from({ length: 3 }, () => locals.v128());
  const rank = locals.v128();
  const yEntries = field("yEntries");
  const compact = locals.v128(i32Splat(selectI32(yEntries, -1, 0)));
  const laneIndex = locals.v128(i32x4Of(0, 1, 2, 3));
  const four = locals.v128(i32Splat(4));
  const factor = locals.v128(i32x4Of(rowBytes, laneBytes, rowBytes, laneBytes));
  const tapRowBytes = locals.i32(kernelWidth.mul(tapBytes));
  const span = locals.i32(kernelWidth.sub(1).mul(dilationWidth));
  const lists = locals.i32(scratch.add(columnTableBytes(outWidth)));
  const limit = locals.i32(lists.add(field("listBytes")));

  // Appends the live channels of the output pixel at (row, column), eight a round.
  const append = (): void => {
    unit.set(row.mul(outWidth).add(column));
    q.set(yTable.add(unit.mul(yPitch)));
    qEnd.set(loadI32(q.add(yEnd)));
    q.set(loadI32(q.add(yBegin)));
    place.set(i32Splat(q.sub(yEntries).shrU(2)).i32Add(laneIndex));
    next.set(top.add(qEnd.sub(q).shl(1)));
    unit.set(gy.add(selectI32(yEntries, 0, unit.mul(yChannels).mul(laneBytes))));
    addend.set(i32Splat(tap).shuffle(i32Splat(unit), [0, 4, 0, 4]));
    whileDo(
      () => q.ltU(qEnd),
      () => {
        for (let half = 0; half < 2; half++) {
          channels.set(loadV(q, 16 * half));
          rank.set(place.select(channels, compact));
          place.set(place.i32Add(four));
          for (const [pair, order] of [[0, 4, 1, 5] as const, [2, 6, 3, 7] as const].entries())
            storeV(top, channels.shuffle(rank, order).i32Mul(factor).i32Add(addend), 32 * half + 16 * pair);
        }
        q.set(q.add(32));
        top.set(top.add(64));
      },
    );
    top.set(next);
  };

  // q stride + t dilation = p + pad for the output row q under tap t of input row p. A division a tap would cost
  // more than the tap's work, so the usual stride 1 has its own branch. A tap before the first output is a huge
  // unsigned number, and so is -1.
  const appendColumn = (): void => {
    r.set(kernelHeight);
    doWhile(
      () => {
        ifThen(
          strideHeight.eq(1),
          () => row.set(hy),
          () => {
            row.set(hy.divU(strideHeight));
            row.set(selectI32(row.mul(strideHeight).eq(hy), row, -1));
          },
        );
        ifThen(row.ltU(outHeight).and(hy.geS(0)), append);
        tap.set(tap.add(tapRowBytes));
        hy.set(hy.sub(dilationHeight));
        r.set(r.sub(1));
      },
      () => r,
    );
  };

  const restart = (): void => {
    column.set(0);
    top.set(lists);
  };

  const moveTo = (h: I32, w: I32, weights: I32): void => {
    // Columns x with  0 <= w + padLeft - x stride <= span.
    reach.set(w.add(padLeft));
    firstColumn.set(selectI32(reach.geU(span), reach.sub(span), 0));
    stop.set(reach);
    ifThen(strideWidth.ne(1), () => {
      firstColumn.set(firstColumn.add(strideWidth).sub(1).divU(strideWidth));
      stop.set(reach.divU(strideWidth));
    });
    stop.set(minU(stop.add(1), outWidth));
    ifThen(column.ltU(firstColumn).or(top.gtU(limit)).or(dilationWidth.ne(1)), () => {
      column.set(firstColumn);
      top.set(lists);
    });
    whileDo(
      () => column.ltU(stop),
      () => {
        storeI32(scratch.add(column.shl(2)), top);
        gap.set(reach.sub(column.mul(strideWidth)));
        tap.set(dilationWidth);
        ifThen(dilationWidth.ne(1), () => {
          tap.set(gap.remU(dilationWidth).eqz());
          gap.set(gap.divU(dilationWidth));
        });
        ifThen(tap, () => {
          tap.set(weights.add(gap.sub(w).mul(tapBytes)));
          hy.set(h.add(padTop));
          appendColumn();
        });
        column.set(column.add(1));
      },
    );
    first.set(top);
    ifThen(firstColumn.ltU(stop), () => first.set(loadI32(scratch.add(firstColumn.shl(2)))));
  };
  return { first, end: top, restart, moveTo };
}

/** Bytes of the table of where the columns' lists start, a multiple of 16. */
const columnTableBytes = (outWidth: I32): I32 => outWidth.add(3).and(-4).shl(2);
