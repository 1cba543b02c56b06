import { listedBytes } from "../nonzero_list/wasm.js";
import { ifThen, kernel, loadI32, loadSplat, loadV, madd, selectI32, whileDo } from "../wasm/assembler.js";
import { minSigned } from "../wasm/tiles.js";
import { SPARSE_FILTERS, SPARSE_ROWS } from "./pack.js";
import { storeTile } from "./wasm_forward.js";

/** Vectors of filters. */
const V = SPARSE_FILTERS / 4;
const ROWS = SPARSE_ROWS;
/** Weights of an input unit: `nonzero_list` counts its offsets in these. */
const UNIT_BYTES = 16 * V * ROWS;

/**
 * Forward convolution that skips inputs of 0, for kernels of three rows, stride 1, no dilation, one group. The bits
 * of every output are those of `conv_forward_2x16`, if no weight is infinite or NaN.
 * Weights: `[filter block][kernel column][depth][kernel row][16]`, the last block zero-padded (`packColumns`).
 *
 * A tile goes down a column of outputs. The inputs that row h of the image has under the kernel are one stretch of
 * its `nonzero_list`, since pixels lie side by side; each is multiplied into the three outputs that see that row,
 * by its weights in rows 2, 1 and 0 of the kernel: 3 outputs x 16 filters are in registers. So each output sums
 * its rows in order, and one loop ends where a row does: every end costs a mispredicted branch.
 *
 * Where more than `most` bytes are listed it does nothing: `conv_forward_2x16` is called after it, to do the layer
 * then and only then. Tiles: `[filter block][output column]`.
 */
export const convForwardSparse = kernel(
  "conv_forward_sparse_3x16",
  [
    "table",
    "distance",
    "weights",
    "bias",
    "y",
    "residual",
    "height",
    "width",
    "kernelWidth",
    "padTop",
    "padLeft",
    "depth",
    "filters",
    "outHeight",
    "outWidth",
    "yPixel",
    "low",
    "high",
    "most",
  ],
  ({ field, lanes, begin, end, locals, target }) => {
    const [table, distance, weights, bias] = [
      field("table"),
      field("distance"),
      field("weights"),
      field("bias"),
    ];
    const [y, residual, height, width] = [field("y"), field("residual"), field("height"), field("width")];
    const [kernelWidth, padTop, padLeft] = [field("kernelWidth"), field("padTop"), field("padLeft")];
    const [depth, filters, yPixel] = [field("depth"), field("filters"), field("yPixel")];
    const [outHeight, outWidth] = [field("outHeight"), field("outWidth")];
    const [low, high] = [lanes("low"), lanes("high")];

    const tableRow = locals.i32(width.add(1).shl(2));
    const pixelBytes = locals.i32(depth.mul(UNIT_BYTES));
    const blockBytes = locals.i32(kernelWidth.mul(pixelBytes));
    const outRow = locals.i32(outWidth.mul(yPixel));
    const block = locals.i32(begin.divU(outWidth));
    const column = locals.i32(begin.remU(outWidth));
    const [filter, left, out, first, from, to, t, row] = Array.from({ length: 8 }, () => locals.i32());
    const [at, stop, base, w] = Array.from({ length: 4 }, () => locals.i32());
    const acc = Array.from({ length: ROWS }, () => Array.from({ length: V }, () => locals.v128()));
    const [xv, wv] = [locals.v128(), Array.from({ length: V }, () => locals.v128())];

    const start = (sums: typeof wv): void => {
      for (let v = 0; v < V; v++) sums[v].set(loadV(bias.add(filter.shl(2)), 16 * v));
    };
    const multiply = (): void =>
      whileDo(
        () => at.ltU(stop),
        (leaveIf) => {
          w.set(base.add(loadI32(at.add(distance))));
          xv.set(loadSplat(at));
          let cuts = 0;
          for (let r = 0; r < ROWS; r++) {
            const sums = acc[ROWS - 1 - r];
            for (let v = 0; v < V; v += 2) {
              // V8 loads all that a block of code needs before it multiplies; no value lies at such an address.
              if (cuts++ > 0) leaveIf(at.eq(cuts));
              for (const i of [v, v + 1]) {
                wv[i].set(loadV(w, 16 * (r * V + i)));
                sums[i].set(madd(target, xv, wv[i], sums[i]));
              }
            }
          }
          at.set(at.add(4));
        },
      );

    ifThen(listedBytes(locals, table, height, width).gtU(field("most")), () => begin.set(end));
    whileDo(
      () => begin.ltU(end),
      () => {
        filter.set(block.mul(4 * V));
        left.set(filters.sub(filter));
        first.set(column.sub(padLeft));
        base.set(weights.add(block.mul(blockBytes)).sub(first.mul(pixelBytes)));
        to.set(minSigned(first.add(kernelWidth), width).shl(2));
        from.set(selectI32(first.ltS(0), 0, first).shl(2));
        out.set(column.mul(yPixel).add(filter.shl(2)));
        for (const sums of acc) start(sums);
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
            ifThen(t.geU(ROWS - 1), () => {
              storeTile({ out, y, residual, left, acc: acc[0], low, high, wv, V });
              out.set(out.add(outRow));
            });
            for (let v = 0; v < V; v++) {
              acc[0][v].set(acc[1][v]);
              acc[1][v].set(acc[2][v]);
            }
            start(acc[2]);
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
  },
);
