import {
  type Frame,
  type I32,
  ifThen,
  loadI32,
  loadSplat,
  madd,
  selectI32,
  type V128,
  type Variable,
  whileDo,
} from "../wasm/assembler.js";
import { minSigned } from "../wasm/tiles.js";
import { SPARSE_FILTERS, SPARSE_ROWS } from "./pack.js";

/** Vectors of the outputs' channels. */
const V = SPARSE_FILTERS / 4;
const ROWS = SPARSE_ROWS;

/** The fields of a kernel that goes down columns. */
export const SWEEP_FIELDS = [
  "table",
  "distance",
  "height",
  "width",
  "kernelWidth",
  "padTop",
  "padLeft",
  "outHeight",
  "outWidth",
] as const;

/** What differs between kernels that go down columns. */
export interface Sweep {
  /** A new column of a block of channels; `first` is the first column of inputs under it. */
  readonly column: (block: I32, column: I32, first: I32) => void;
  /** Sets sums to what they start from. */
  readonly start: (sums: readonly Variable<V128>[]) => void;
  /** The weights of a listed input, of which {@link load} is given the address. */
  readonly weights: (offset: I32) => I32;
  /** Its weights in an output, a vector of them; `output` 0, 1, 2 counts those that see the input from the top. */
  readonly load: (weights: Variable<I32>, output: number, v: number) => V128;
  /** The next output from the top is done. */
  readonly store: (sums: readonly Variable<V128>[]) => void;
}

/**
 * Sums a convolution of three rows, stride 1, over the inputs that a `nonzero_list` has.
 *
 * A tile goes down a column of outputs. The inputs that row h of the image has under the kernel are one stretch of
 * the list, since pixels lie side by side; each is multiplied into the three outputs that see that row: 3 outputs x 16
 * channels are in registers. So each output sums its rows in order, and one loop ends where a row does: every end costs a
 * mispredicted branch. Tiles: `[block of 16 channels][output column]`.
 */
export function sweepColumns(
  { field, begin, end, locals, target }: Frame<(typeof SWEEP_FIELDS)[number]>,
  sweep: Sweep,
): void {
  const [table, distance, height, width] = [
    field("table"),
    field("distance"),
    field("height"),
    field("width"),
  ];
  const [kernelWidth, padTop, padLeft] = [field("kernelWidth"), field("padTop"), field("padLeft")];
  const [outHeight, outWidth] = [field("outHeight"), field("outWidth")];
  const tableRow = locals.i32(width.add(1).shl(2));
  const block = locals.i32(begin.divU(outWidth));
  const column = locals.i32(begin.remU(outWidth));
  const [first, from, to, t, row, at, stop, w] = Array.from({ length: 8 }, () => locals.i32());
  const acc = Array.from({ length: ROWS }, () => Array.from({ length: V }, () => locals.v128()));
  const [xv, wv] = [locals.v128(), Array.from({ length: V }, () => locals.v128())];

  const multiply = (): void =>
    whileDo(
      () => at.ltU(stop),
      (leaveIf) => {
        w.set(sweep.weights(loadI32(at.add(distance))));
        xv.set(loadSplat(at));
        let cuts = 0;
        for (let output = ROWS - 1; output >= 0; output--) {
          const sums = acc[output];
          for (let v = 0; v < V; v += 2) {
            // V8 loads all that a block of code needs before it multiplies; no value lies at such an address.
            if (cuts++ > 0) leaveIf(at.eq(cuts));
            for (const i of [v, v + 1]) {
              wv[i].set(sweep.load(w, output, i));
              sums[i].set(madd(target, xv, wv[i], sums[i]));
            }
          }
        }
        at.set(at.add(4));
      },
    );

  whileDo(
    () => begin.ltU(end),
    () => {
      first.set(column.sub(padLeft));
      to.set(minSigned(first.add(kernelWidth), width).shl(2));
      from.set(selectI32(first.ltS(0), 0, first).shl(2));
      sweep.column(block, column, first);
      for (const sums of acc) sweep.start(sums);
      t.set(0);
      whileDo(
        () => t.ltU(outHeight.add(ROWS - 1)),
        () => {
          row.set(t.sub(padTop));
          ifThen(row.ltU(height).and(from.ltS(to)), () => {
            row.set(table.add(row.mul(tableRow)));
            at.set(loadI32(row.add(from)));
            stop.set(loadI32(row.add(to)));
            multiply();
          });
          // Outputs above the first row are none.
          ifThen(t.geU(ROWS - 1), () => sweep.store(acc[0]));
          for (let v = 0; v < V; v++) {
            acc[0][v].set(acc[1][v]);
            acc[1][v].set(acc[2][v]);
          }
          sweep.start(acc[2]);
          t.set(t.add(1));
        },
      );
      column.set(column.add(1));
      ifThen(column.eq(outWidth), () => {
        column.set(0);
        block.set(block.add(1));
      });
      begin.set(begin.add(1));
    },
  );
}
