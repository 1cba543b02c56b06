import {
  doWhile,
  ifThen,
  type KernelSource,
  kernel,
  loadI32,
  loadSplat,
  loadV,
  madd,
  selectI32,
  storeI32,
  threadScratch,
  whileDo,
} from "../wasm/assembler.js";
import { minU } from "../wasm/tiles.js";
import { ROUND } from "./pack.js";
import type { ConvTile } from "./wasm_forward.js";
import { storeClamped } from "./wasm_store.js";

/**
 * `conv_forward` for convolutions in groups: the same register tile, the same sums in the same order.
 *
 * A group has few channels, so that finding a tile's inputs under each tap takes as long as multiplying them. They lie
 * at the same places for all groups, so the tile lists them once, as addresses for group 0, and all blocks of filters
 * of a chunk go down that list: `[tap][round of channels][pixel]`, a round being `ROUND` channels or, where a group does not
 * have a multiple of them, one. A tap on padding is read from `zeros`, which has as many zeros as x has channels.
 *
 * A block of filters lies in one group; a group whose filters do not fill its last block has zeros there. Weights are
 * `[group][block][tap][depth][4 V]`, biases `[group][block][4 V]`. `filters` and `depth` are those of a group.
 *
 * Tiles: `[chunk of blocks][output row][tile in row]`, `chunk` blocks each, of whatever groups.
 */
export function convForwardGrouped({ pixels: M, vectors: V }: ConvTile): KernelSource {
  return kernel(
    `conv_forward_grouped_${M}x${4 * V}`,
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
      "groups",
      "chunk",
      "outHeight",
      "outWidth",
      "yPixel",
      "low",
      "high",
      "scratch",
    ],
    ({ field, lanes, begin, end, locals, target }) => {
      const [x, zeros, height, width] = [field("x"), field("zeros"), field("height"), field("width")];
      const [xRow, xPixel] = [field("xRow"), field("xPixel")];
      const [kernelHeight, kernelWidth] = [field("kernelHeight"), field("kernelWidth")];
      const [dilationHeight, dilationWidth] = [field("dilationHeight"), field("dilationWidth")];
      const [outHeight, outWidth, yPixel] = [field("outHeight"), field("outWidth"), field("yPixel")];
      const [depth, filters, residual] = [field("depth"), field("filters"), field("residual")];
      const [strideHeight, strideWidth] = [field("strideHeight"), field("strideWidth")];
      const [padTop, padLeft] = [field("padTop"), field("padLeft")];
      const [weights, bias, y] = [field("weights"), field("bias"), field("y")];
      const [groups, chunk] = [field("groups"), field("chunk")];
      const [low, high] = [lanes("low"), lanes("high")];
      const list = locals.i32(field("scratch").add(threadScratch()));

      const tilesX = locals.i32(outWidth.add(M - 1).divU(M));
      const rest = locals.i32(begin.divU(tilesX));
      const tx = locals.i32(begin.remU(tilesX));
      const oy = locals.i32(rest.remU(outHeight));
      const chunkIndex = locals.i32(rest.divU(outHeight));
      const blocks = locals.i32(filters.add(4 * V - 1).divU(4 * V));
      const blockBytes = locals.i32(kernelHeight.mul(kernelWidth).mul(depth.mul(16 * V)));
      const round = locals.i32(selectI32(depth.and(ROUND - 1), 1, ROUND));

      const column = Array.from({ length: M }, () => locals.i32());
      const tap = Array.from({ length: M }, () => locals.i32());
      const acc = Array.from({ length: M * V }, () => locals.v128());
      const wv = Array.from({ length: V }, () => locals.v128());
      const xv = locals.v128();
      const [r, s, row, rowValid, n, iy, at, listEnd, left] = Array.from({ length: 9 }, () => locals.i32());
      const [w, b, stop, group, inGroup, filter, groupBytes, out] = Array.from({ length: 8 }, () =>
        locals.i32(),
      );

      const listTaps = (): void => {
        for (let m = 0; m < M; m++) {
          const ox = tx.mul(M).add(m);
          column[m].set((m === 0 ? ox : minU(ox, outWidth.sub(1))).mul(strideWidth).sub(padLeft));
        }
        iy.set(oy.mul(strideHeight).sub(padTop));
        at.set(list);
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
                left.set(depth);
                doWhile(
                  () => {
                    for (let m = 0; m < M; m++) {
                      storeI32(at, tap[m], 4 * m);
                      tap[m].set(tap[m].add(round.shl(2)));
                    }
                    at.set(at.add(4 * M));
                    left.set(left.sub(round));
                  },
                  () => left,
                );
                s.set(s.add(1));
              },
              () => s.ltU(kernelWidth),
            );
            iy.set(iy.add(dilationHeight));
            r.set(r.sub(1));
          },
          () => r,
        );
        listEnd.set(at);
      };

      // V8 loads all that a block of code needs before it multiplies, so every channel is a block of its own.
      const multiply = (channels: number): void =>
        whileDo(
          () => at.ltU(listEnd),
          (leaveIf) => {
            for (let m = 0; m < M; m++) tap[m].set(loadI32(at, 4 * m).add(groupBytes));
            for (let c = 0; c < channels; c++) {
              // No list lies at such an address.
              if (c > 0) leaveIf(at.eq(c));
              for (let v = 0; v < V; v++) wv[v].set(loadV(w, 16 * (c * V + v)));
              for (let m = 0; m < M; m++) {
                xv.set(loadSplat(tap[m], 4 * c));
                for (let v = 0; v < V; v++) acc[m * V + v].set(madd(target, xv, wv[v], acc[m * V + v]));
              }
            }
            w.set(w.add(16 * V * channels));
            at.set(at.add(4 * M));
          },
        );

      whileDo(
        () => begin.ltU(end),
        () => {
          listTaps();
          b.set(chunkIndex.mul(chunk));
          stop.set(minU(b.add(chunk), groups.mul(blocks)));
          w.set(weights.add(b.mul(blockBytes)));
          group.set(b.divU(blocks));
          inGroup.set(b.remU(blocks));
          doWhile(
            () => {
              groupBytes.set(group.mul(depth).shl(2));
              for (let v = 0; v < V; v++) {
                acc[v].set(loadV(bias.add(b.mul(16 * V)), 16 * v));
                for (let m = 1; m < M; m++) acc[m * V + v].set(acc[v]);
              }
              at.set(list);
              ifThen(
                round.eq(1),
                () => multiply(1),
                () => multiply(ROUND),
              );
              filter.set(inGroup.mul(4 * V));
              left.set(filters.sub(filter));
              filter.set(filter.add(group.mul(filters)));
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
              inGroup.set(inGroup.add(1));
              ifThen(inGroup.eq(blocks), () => {
                inGroup.set(0);
                group.set(group.add(1));
              });
              b.set(b.add(1));
            },
            () => b.ltU(stop),
          );
          tx.set(tx.add(1));
          ifThen(tx.eq(tilesX), () => {
            tx.set(0);
            oy.set(oy.add(1));
            ifThen(oy.eq(outHeight), () => {
              oy.set(0);
              chunkIndex.set(chunkIndex.add(1));
            });
          });
          begin.set(begin.add(1));
        },
      );
    },
  );
}
