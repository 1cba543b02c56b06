import {
  doWhile,
  type I32,
  ifThen,
  type KernelSource,
  kernel,
  loadSplat,
  loadV,
  madd,
  section,
  selectI32,
  storeV,
  whileDo,
  zero,
} from "../wasm/assembler.js";
import { clamp } from "../wasm/tiles.js";
import { SPARSE_ROWS } from "./pack.js";
import { storeClamped } from "./wasm_store.js";

/** Rows of its kernels. */
const ROWS = SPARSE_ROWS;
/** Neighbouring outputs of a row that are computed together, and their filters. */
const COLUMNS = 3;
const COLUMN_FILTERS = 4;

/**
 * `conv_forward` for convolutions in groups of few filters, kernels of three rows, stride 1, no dilation, weights all
 * finite: the same bits.
 *
 * Four filters are one vector, so that each input would be read once for each multiplication. Going down the rows of
 * the image it is read once for three: as in `conv_forward_sparse`, a row is multiplied into the three rows of outputs
 * that see it, by its weights in rows 2, 1 and 0 of the kernel, and each output still sums its rows in order. Rows of
 * padding are left out; a column of padding is read from `zeros`, which has as many zeros as x has channels.
 *
 * Where a group has four channels and the kernel three columns, a row under a tile is one stretch of code: loops of
 * four channels would end before they have begun.
 *
 * Weights are `[group][block][kernel column][depth][kernel row][4]`, biases `[group][block][4]`, a group's last block
 * zero-padded (`packColumns`). `filters` and `depth` are those of a group. Tiles: `[3 columns][group][block]`.
 */
export const convForwardColumns: KernelSource = kernel(
  `conv_forward_columns_${COLUMNS}x${COLUMN_FILTERS}`,
  [
    "x",
    "weights",
    "bias",
    "y",
    "residual",
    "zeros",
    "height",
    "width",
    "xRow",
    "xPixel",
    "kernelWidth",
    "padTop",
    "padLeft",
    "depth",
    "filters",
    "groups",
    "outHeight",
    "outWidth",
    "yPixel",
    "low",
    "high",
  ],
  ({ field, lanes, begin, end, locals, target }) => {
    const [x, zeros, height, width] = [field("x"), field("zeros"), field("height"), field("width")];
    const [xRow, xPixel, kernelWidth] = [field("xRow"), field("xPixel"), field("kernelWidth")];
    const [outHeight, outWidth, yPixel] = [field("outHeight"), field("outWidth"), field("yPixel")];
    const [depth, filters, groups, residual] = [
      field("depth"),
      field("filters"),
      field("groups"),
      field("residual"),
    ];
    const [padTop, padLeft] = [field("padTop"), field("padLeft")];
    const [weights, bias, y] = [field("weights"), field("bias"), field("y")];
    const [low, high] = [lanes("low"), lanes("high")];

    const blocks = locals.i32(filters.add(COLUMN_FILTERS - 1).divU(COLUMN_FILTERS));
    const all = locals.i32(blocks.mul(groups));
    const blockBytes = locals.i32(kernelWidth.mul(depth.mul(4 * COLUMN_FILTERS * ROWS)));
    const strip = locals.i32(begin.divU(all));
    const b = locals.i32(begin.remU(all));
    const [group, inGroup, groupAt, filter, left, first] = Array.from({ length: 6 }, () => locals.i32());
    const [t, row, rowAt, s, n, w, c, out, blockWeights] = Array.from({ length: 9 }, () => locals.i32());
    const [unrolled, whole] = [locals.i32(), locals.i32()];
    const tap = Array.from({ length: COLUMNS }, () => locals.i32());
    const outAt = Array.from({ length: COLUMNS }, () => locals.i32());
    // The columns of inputs under the tile where the kernel has three.
    const [pointer, offset, valid] = Array.from({ length: 3 }, () =>
      Array.from({ length: COLUMNS + 2 }, () => locals.i32()),
    );
    const acc = Array.from({ length: ROWS }, () => Array.from({ length: COLUMNS }, () => locals.v128()));
    const [wv, spare] = [locals.v128(), locals.v128()];
    const xv = Array.from({ length: COLUMNS }, () => locals.v128());

    const start = (sums: typeof xv): void => {
      sums[0].set(loadV(bias.add(b.mul(4 * COLUMN_FILTERS))));
      for (let m = 1; m < COLUMNS; m++) sums[m].set(sums[0]);
    };

    /**
     * One channel of the inputs at `from`, into three rows of outputs; `at` is the address of its weights.
     *
     * V8 loads all that a block of code needs before it multiplies; `cut` ends the block.
     */
    const products = (from: readonly I32[], channel: number, at: I32, weight: number, cut: () => void) => {
      for (let m = 0; m < COLUMNS; m++) xv[m].set(loadSplat(from[m], 4 * channel));
      for (let r = 0; r < ROWS; r++) {
        // Plain sums need a register for each product besides.
        if (r > 0 && !target.relaxed) cut();
        wv.set(loadV(at, 16 * (weight * ROWS + r)));
        for (let m = 0; m < COLUMNS; m++) {
          const sum = acc[ROWS - 1 - r][m];
          sum.set(madd(target, xv[m], wv, sum));
        }
      }
    };
    /** Ends a block of code by a branch that is never taken: no weights lie at such an address. */
    const cutter = (leaveIf: (condition: I32) => void, at: I32): (() => void) => {
      let cuts = 0;
      return () => leaveIf(at.eq(++cuts));
    };

    const unrolledRow = (): void => {
      for (const [j, p] of pointer.entries()) p.set(selectI32(valid[j], rowAt.add(offset[j]), zeros));
      section((leaveIf) => {
        const cut = cutter(leaveIf, blockWeights);
        for (let q = 0; q < 3; q++)
          for (let i = 0; i < 4; i++) {
            if (q + i > 0) cut();
            products(pointer.slice(q, q + COLUMNS), i, blockWeights, 4 * q + i, cut);
          }
      });
    };
    const rounds = (channels: number): void =>
      whileDo(
        () => c.geU(channels),
        (leaveIf) => {
          const cut = cutter(leaveIf, w);
          for (let i = 0; i < channels; i++) {
            if (i > 0) cut();
            products(tap, i, w, i, cut);
          }
          w.set(w.add(4 * COLUMN_FILTERS * ROWS * channels));
          for (const address of tap) address.set(address.add(4 * channels));
          c.set(c.sub(channels));
        },
      );
    const anyRow = (): void => {
      w.set(blockWeights);
      s.set(0);
      doWhile(
        () => {
          for (const [m, address] of tap.entries()) {
            n.set(first.add(s).add(m));
            address.set(selectI32(n.ltU(width), rowAt.add(n.mul(xPixel)), zeros));
          }
          c.set(depth);
          rounds(4);
          rounds(1);
          s.set(s.add(1));
        },
        () => s.ltU(kernelWidth),
      );
    };

    const storeRow = (): void => {
      ifThen(
        whole,
        () => {
          for (const [m, sum] of acc[0].entries())
            storeV(outAt[m].add(out), clamp(sum.add(zero()), low, high));
        },
        () => {
          for (const [m, sum] of acc[0].entries())
            ifThen(strip.mul(COLUMNS).add(m).ltU(outWidth), () => {
              n.set(out.add(yPixel.mul(m)));
              storeClamped({ out: n, y, residual, left, acc: [sum], spare, low, high });
            });
        },
      );
      out.set(out.add(outWidth.mul(yPixel)));
    };

    whileDo(
      () => begin.ltU(end),
      () => {
        group.set(b.divU(blocks));
        inGroup.set(b.remU(blocks));
        groupAt.set(x.add(group.mul(depth).shl(2)));
        left.set(filters.sub(inGroup.mul(COLUMN_FILTERS)));
        filter.set(group.mul(filters).add(inGroup.mul(COLUMN_FILTERS)));
        blockWeights.set(weights.add(b.mul(blockBytes)));
        first.set(strip.mul(COLUMNS).sub(padLeft));
        out.set(strip.mul(COLUMNS).mul(yPixel).add(filter.shl(2)));
        unrolled.set(depth.eq(4).and(kernelWidth.eq(3)));
        for (let j = 0; j < COLUMNS + 2; j++) {
          n.set(first.add(j));
          offset[j].set(n.mul(xPixel));
          valid[j].set(n.ltU(width));
        }
        // Nothing to add, nothing to leave out.
        whole.set(strip.mul(COLUMNS).add(COLUMNS).leU(outWidth));
        whole.set(whole.and(residual.eqz()).and(left.geU(COLUMN_FILTERS)));
        for (const [m, address] of outAt.entries()) address.set(y.add(yPixel.mul(m)));
        for (const sums of acc) start(sums);
        t.set(0);
        doWhile(
          () => {
            row.set(t.sub(padTop));
            ifThen(row.ltU(height), () => {
              rowAt.set(groupAt.add(row.mul(xRow)));
              ifThen(unrolled, unrolledRow, anyRow);
            });
            // Outputs above the first row are none.
            ifThen(t.geU(ROWS - 1), storeRow);
            for (let r = 0; r < ROWS - 1; r++) for (let m = 0; m < COLUMNS; m++) acc[r][m].set(acc[r + 1][m]);
            start(acc[ROWS - 1]);
            t.set(t.add(1));
          },
          () => t.ltU(outHeight.add(ROWS - 1)),
        );
        b.set(b.add(1));
        ifThen(b.eq(all), () => {
          b.set(0);
          strip.set(strip.add(1));
        });
        begin.set(begin.add(1));
      },
    );
  },
);
