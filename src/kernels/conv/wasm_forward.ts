import { listedBytes } from "../nonzero_list/wasm.js";
import {
  doWhile,
  ifThen,
  type KernelSource,
  kernel,
  loadSplat,
  loadV,
  madd,
  selectI32,
  whileDo,
} from "../wasm/assembler.js";
import { storeClamped } from "./wasm_store.js";

/** Register tile: `pixels` neighbouring output pixels of a row by `vectors` x 4 output channels. */
export interface ConvTile {
  readonly pixels: number;
  readonly vectors: number;
}

/**
 * Forward convolution, bias, residual and clamp fused (`conv/reference.ts` has the maths). Implicit GEMM: for
 * each tap the tile's input pixels are pointers, `zeros` where the tap falls on padding, so nothing is copied.
 *
 * Tiles: `[filter block][output row][tile in row]`; the filter block is outermost so that its weights
 * (`[block][tap][C][4 vectors]`, zero-padded) stay in the first-level cache. Pixels past the end of the row are
 * computed twice. A 1x1 convolution is lowered to a single row of all pixels, a dense layer to one pixel.
 *
 * `nonzeros`, if not 0, is the table of a `nonzero_list` of x: the kernel does nothing if that lists at most `most`
 * bytes, since `conv_forward_sparse` has done the layer.
 *
 * Every output is `bias + sum` in the order tap, channel, whatever the tile: bitwise equal for any split.
 */
export function convForward({ pixels: M, vectors: V }: ConvTile): KernelSource {
  return kernel(
    `conv_forward_${M}x${4 * V}`,
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
      "kernelHeight",
      "kernelWidth",
      "strideHeight",
      "strideWidth",
      "padTop",
      "padLeft",
      "dilationHeight",
      "dilationWidth",
      "depth",
      "filters",
      "outHeight",
      "outWidth",
      "yPixel",
      "low",
      "high",
      "nonzeros",
      "most",
    ],
    ({ field, lanes, begin, end, locals, target }) => {
      const [x, zeros, height, width] = [field("x"), field("zeros"), field("height"), field("width")];
      const [xRow, xPixel] = [field("xRow"), field("xPixel")];
      const [kernelHeight, kernelWidth] = [field("kernelHeight"), field("kernelWidth")];
      const [dilationHeight, dilationWidth] = [field("dilationHeight"), field("dilationWidth")];
      const strideWidth = field("strideWidth");
      const [outHeight, outWidth, yPixel] = [field("outHeight"), field("outWidth"), field("yPixel")];
      const [depth, filters, residual] = [field("depth"), field("filters"), field("residual")];
      const [strideHeight, padTop, padLeft] = [field("strideHeight"), field("padTop"), field("padLeft")];
      const [weights, bias, y] = [field("weights"), field("bias"), field("y")];
      const [low, high] = [lanes("low"), lanes("high")];

      const nonzeros = field("nonzeros");
      ifThen(nonzeros, () => {
        const listed = listedBytes(locals, nonzeros, height, width);
        ifThen(listed.leU(field("most")), () => begin.set(end));
      });

      const tilesX = locals.i32(outWidth.add(M - 1).divU(M));
      const rest = locals.i32(begin.divU(tilesX));
      const tx = locals.i32(begin.remU(tilesX));
      const oy = locals.i32(rest.remU(outHeight));
      const filterBlock = locals.i32(rest.divU(outHeight));
      const depthBytes = locals.i32(depth.shl(2));
      const blockBytes = locals.i32(
        kernelHeight
          .mul(kernelWidth)
          .mul(depth)
          .mul(16 * V),
      );

      const channelOffset = locals.i32();
      const tapWeights = locals.i32();
      const tap = Array.from({ length: M }, () => locals.i32());
      const column = Array.from({ length: M }, () => locals.i32());
      const acc = Array.from({ length: M * V }, () => locals.v128());
      const [w, r, s, row, rowValid, n, iy] = Array.from({ length: 7 }, () => locals.i32());
      const out = locals.i32();
      const filter = locals.i32();
      const left = locals.i32();
      const wv = Array.from({ length: V }, () => locals.v128());
      const xv = locals.v128();

      // One channel a round: V8 hoists the loads of an unrolled round and spills (30 against 42 GFLOP/s). It also
      // zero-extends a loop-carried pointer at each use, but not a sum: so the loop carries one offset.
      const multiply = (): void => {
        w.set(tapWeights.add(channelOffset.mul(4 * V)));
        for (let v = 0; v < V; v++) wv[v].set(loadV(w, 16 * v));
        for (let m = 0; m < M; m++) {
          xv.set(loadSplat(tap[m].add(channelOffset)));
          for (let v = 0; v < V; v++) acc[m * V + v].set(madd(target, xv, wv[v], acc[m * V + v]));
        }
        channelOffset.set(channelOffset.add(4));
      };

      whileDo(
        () => begin.ltU(end),
        () => {
          filter.set(filterBlock.mul(4 * V));
          tapWeights.set(weights.add(filterBlock.mul(blockBytes)));
          for (let v = 0; v < V; v++) {
            const b = bias.add(filter.shl(2));
            acc[v].set(loadV(b, 16 * v));
            for (let m = 1; m < M; m++) acc[m * V + v].set(acc[v]);
          }
          for (let m = 0; m < M; m++) {
            const ox = tx.mul(M).add(m);
            const clamped = m === 0 ? ox : selectI32(ox.ltU(outWidth), ox, outWidth.sub(1));
            column[m].set(clamped.mul(strideWidth).sub(padLeft));
          }
          iy.set(oy.mul(strideHeight).sub(padTop));
          r.set(kernelHeight);
          doWhile(
            () => {
              rowValid.set(iy.ltU(height));
              row.set(x.add(iy.mul(xRow)));
              s.set(0);
              doWhile(
                () => {
                  for (let m = 0; m < M; m++) {
                    n.set(column[m].add(s.mul(dilationWidth)));
                    tap[m].set(selectI32(n.ltU(width).and(rowValid), row.add(n.mul(xPixel)), zeros));
                  }
                  channelOffset.set(0);
                  doWhile(multiply, () => channelOffset.ltU(depthBytes));
                  tapWeights.set(tapWeights.add(depthBytes.mul(4 * V)));
                  s.set(s.add(1));
                },
                () => s.ltU(kernelWidth),
              );
              iy.set(iy.add(dilationHeight));
              r.set(r.sub(1));
            },
            () => r,
          );
          // Epilogue: residual, clamp, store; a block past the last filter stores lane by lane.
          left.set(filters.sub(filter));
          for (let m = 0; m < M; m++) {
            const ox = tx.mul(M).add(m);
            const store = (): void => {
              out.set(oy.mul(outWidth).add(ox).mul(yPixel).add(filter.shl(2)));
              const own = acc.slice(m * V, m * V + V);
              storeClamped({ out, y, residual, left, acc: own, spare: wv[0], low, high });
            };
            if (m === 0) store();
            else ifThen(ox.ltU(outWidth), store);
          }
          tx.set(tx.add(1));
          ifThen(tx.eq(tilesX), () => {
            tx.set(0);
            oy.set(oy.add(1));
            ifThen(oy.eq(outHeight), () => {
              oy.set(0);
              filterBlock.set(filterBlock.add(1));
            });
          });
          begin.set(begin.add(1));
        },
      );
    },
  );
}
