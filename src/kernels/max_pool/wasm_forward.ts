import {
  doWhile,
  type I32,
  i32Splat,
  i32x4Of,
  ifThen,
  kernel,
  selectI32,
  whileDo,
} from "../wasm/assembler.js";
import { load, minSigned, store, type Width } from "../wasm/tiles.js";
import { GEOMETRY } from "./wasm_windows.js";

/** Channels of a window are taken so many vectors at a time, then one, then channel by channel. */
const VECTORS = 2;

/**
 * Max pooling (`reference.ts`). The part of a window inside the image is walked in row-major order and a value
 * wins only if it is greater, so padding never wins and the first of equals does; a NaN wins if it comes first.
 *
 * `winners[u]` becomes the input unit (pixel * channels + channel) that output unit u took its value from, unless
 * `winners` is 0. Exact. Tiles: output rows.
 */
export const maxPoolForward = kernel(
  "max_pool_forward",
  ["x", "y", "winners", ...GEOMETRY, "dilationHeight", "dilationWidth"],
  ({ field, begin, end, locals }) => {
    const [x, y, winners, channels] = [field("x"), field("y"), field("winners"), field("channels")];
    const [height, width] = [field("height"), field("width")];
    const [kernelHeight, kernelWidth] = [field("kernelHeight"), field("kernelWidth")];
    const [strideHeight, strideWidth] = [field("strideHeight"), field("strideWidth")];
    const [padTop, padLeft, outWidth] = [field("padTop"), field("padLeft"), field("outWidth")];
    const [dilationHeight, dilationWidth] = [field("dilationHeight"), field("dilationWidth")];

    const [top, bottom, leftmost, right] = Array.from({ length: 4 }, () => locals.i32());
    const [ox, first, row, rows, unit, columns, out, left] = Array.from({ length: 8 }, () => locals.i32());
    const rowUnits = locals.i32(width.mul(channels).mul(dilationHeight));
    const columnUnits = locals.i32(channels.mul(dilationWidth));
    const best = Array.from({ length: VECTORS }, () => locals.v128());
    const winner = Array.from({ length: VECTORS }, () => locals.v128());
    const [candidate, index] = [locals.v128(), locals.v128()];
    const lanes = locals.v128(i32x4Of(0, 1, 2, 3));
    /** The first tap from n on that is not before the image. */
    const inside = (n: I32, dilation: I32): I32 =>
      selectI32(n.geS(0), n, n.add(dilation.sub(1).sub(n).divU(dilation).mul(dilation)));
    const taps = (first: I32, end: I32, dilation: I32): I32 =>
      end.sub(first).add(dilation).sub(1).divU(dilation);

    const window = (vectors: number, lane: Width): void => {
      for (let v = 0; v < vectors; v++) {
        best[v].set(load(lane, x.add(first.shl(2)), 16 * v));
        winner[v].set(i32Splat(first.add(4 * v)).i32Add(lanes));
      }
      row.set(first);
      rows.set(taps(top, bottom, dilationHeight));
      doWhile(
        () => {
          unit.set(row);
          columns.set(taps(leftmost, right, dilationWidth));
          doWhile(
            () => {
              for (let v = 0; v < vectors; v++) {
                index.set(i32Splat(unit.add(4 * v)).i32Add(lanes));
                candidate.set(load(lane, x.add(unit.shl(2)), 16 * v));
                winner[v].set(index.select(winner[v], candidate.gt(best[v])));
                best[v].set(best[v].pmax(candidate));
              }
              unit.set(unit.add(columnUnits));
              columns.set(columns.sub(1));
            },
            () => columns,
          );
          row.set(row.add(rowUnits));
          rows.set(rows.sub(1));
        },
        () => rows,
      );
      for (let v = 0; v < vectors; v++) store(lane, y.add(out), best[v], 16 * v);
      ifThen(winners, () => {
        for (let v = 0; v < vectors; v++) store(lane, winners.add(out), winner[v], 16 * v);
      });
      first.set(first.add(lane * vectors));
      out.set(out.add(4 * lane * vectors));
      left.set(left.sub(lane * vectors));
    };

    whileDo(
      () => begin.ltU(end),
      () => {
        top.set(begin.mul(strideHeight).sub(padTop));
        bottom.set(minSigned(top.add(kernelHeight.sub(1).mul(dilationHeight)).add(1), height));
        top.set(inside(top, dilationHeight));
        out.set(begin.mul(outWidth).mul(channels).shl(2));
        ox.set(0);
        whileDo(
          () => ox.ltU(outWidth),
          () => {
            leftmost.set(ox.mul(strideWidth).sub(padLeft));
            right.set(minSigned(leftmost.add(kernelWidth.sub(1).mul(dilationWidth)).add(1), width));
            leftmost.set(inside(leftmost, dilationWidth));
            first.set(top.mul(width).add(leftmost).mul(channels));
            left.set(channels);
            for (const [vectors, lane] of [
              [VECTORS, 4],
              [1, 4],
              [1, 1],
            ] as const)
              whileDo(
                () => left.geU(vectors * lane),
                () => window(vectors, lane),
              );
            ox.set(ox.add(1));
          },
        );
        begin.set(begin.add(1));
      },
    );
  },
);
