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
  zero,
} from "../wasm/assembler.js";
import { CHOICE } from "./gradient_kernels.js";
import type { ConvTile } from "./wasm_forward.js";
import { leaveToOthers } from "./wasm_gradient_choice.js";
import { storeLive } from "./wasm_store.js";

/**
 * Input cotangents of a convolution for one cotangent, channels in the lanes:
 *
 *   gx[p][c] = live(p, c) (residual[p][c] + sum over taps t, o of  W[t][o][c] gy[q(p, t)][o])
 *
 * It is a forward convolution of gy, which must be defined everywhere (0 at dead outputs), on the weights as `conv_vjp` has
 * them, `[channel block][tap][o][c]`: `blockBytes` from a block of `block` channels to the next, `rowBytes` from an o to the
 * next, `rowTapBytes` and `columnTapBytes` from a tap to the next on each axis, which may be negative. A unit is live if
 * `low < values < high`, or always if `values` is 0; `residual` 0: none. It may be gx.
 *
 * With stride s the taps that reach a pixel depend on the remainder of its position by s alone: a call does one remainder
 * of each axis, of pixels `yPixel` and `yRow` bytes apart, to which the taps are without gaps. `kernelHeight` 0: none reaches
 * them. `choice`: `choose_conv_gradient` may have left the layer to another kernel.
 *
 * Tiles: `[group][channel block][row][tile in row]`. Every sum is in the order row, column of gy, o, whatever the tile.
 */
export function convGradient({ pixels: M, vectors: V }: ConvTile): KernelSource {
  return kernel(
    `conv_gradient_${M}x${4 * V}`,
    [
      ...(["x", "weights", "y", "residual", "values", "low", "high", "zeros"] as const),
      ...(["height", "width", "xRow", "xPixel", "kernelHeight", "kernelWidth"] as const),
      ...(["padTop", "padLeft", "dilationHeight", "dilationWidth"] as const),
      ...(["rowTapBytes", "columnTapBytes", "rowBytes", "block", "blockBytes"] as const),
      ...(["depth", "filters", "xGroup", "yGroup", "groupBytes"] as const),
      ...(["outHeight", "outWidth", "yRow", "yPixel", "choice"] as const),
    ],
    ({ field, lanes, begin, end, locals, target }) => {
      const [x, zeros, height, width] = [field("x"), field("zeros"), field("height"), field("width")];
      const [xRow, xPixel, weights, y] = [field("xRow"), field("xPixel"), field("weights"), field("y")];
      const [kernelHeight, kernelWidth] = [field("kernelHeight"), field("kernelWidth")];
      const [dilationHeight, dilationWidth] = [field("dilationHeight"), field("dilationWidth")];
      const [rowTapBytes, columnTapBytes] = [field("rowTapBytes"), field("columnTapBytes")];
      const [outHeight, outWidth, filters] = [field("outHeight"), field("outWidth"), field("filters")];
      const [padTop, padLeft, block] = [field("padTop"), field("padLeft"), field("block")];
      const [yRow, yPixel, residual, values] = [
        field("yRow"),
        field("yPixel"),
        field("residual"),
        field("values"),
      ];
      const [low, high] = [lanes("low"), lanes("high")];

      leaveToOthers(field("choice"), CHOICE.dense, begin, end);

      const tilesX = locals.i32(outWidth.add(M - 1).divU(M));
      const blocks = locals.i32(filters.add(4 * V - 1).divU(4 * V));
      const tx = locals.i32(begin.remU(tilesX));
      const rest = locals.i32(begin.divU(tilesX));
      const oy = locals.i32(rest.remU(outHeight));
      rest.set(rest.divU(outHeight));
      const filterBlock = locals.i32(rest.remU(blocks));
      const group = locals.i32(rest.divU(blocks));
      const depthBytes = locals.i32(field("depth").shl(2));
      // Weights are `rowBytes` apart where values are 4.
      const pace = locals.i32(field("rowBytes").shrU(2));
      const [rowStep, columnStep] = [rowTapBytes, columnTapBytes];

      const [channelOffset, rowWeights, tapWeights, w] = Array.from({ length: 4 }, () => locals.i32());
      const tap = Array.from({ length: M }, () => locals.i32());
      const column = Array.from({ length: M }, () => locals.i32());
      const acc = Array.from({ length: M * V }, () => locals.v128());
      const [r, s, row, rowValid, n, iy] = Array.from({ length: 6 }, () => locals.i32());
      const [out, filter, left] = Array.from({ length: 3 }, () => locals.i32());
      const wv = Array.from({ length: V }, () => locals.v128());
      const [xv, live] = [locals.v128(), locals.v128()];

      // As in `conv_forward`: one o a round, one offset for all pointers.
      const multiply = (): void => {
        w.set(tapWeights.add(channelOffset.mul(pace)));
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
          rowWeights.set(weights.add(group.mul(field("groupBytes"))));
          rowWeights.set(rowWeights.add(filter.divU(block).mul(field("blockBytes"))));
          rowWeights.set(rowWeights.add(filter.remU(block).shl(2)));
          for (const sum of acc) sum.set(zero());
          for (let m = 0; m < M; m++) {
            const ox = tx.mul(M).add(m);
            const clamped = m === 0 ? ox : selectI32(ox.ltU(outWidth), ox, outWidth.sub(1));
            column[m].set(clamped.sub(padLeft));
          }
          iy.set(oy.sub(padTop));
          r.set(kernelHeight);
          whileDo(
            () => r,
            () => {
              rowValid.set(iy.ltU(height));
              row.set(x.add(group.mul(field("xGroup"))).add(iy.mul(xRow)));
              tapWeights.set(rowWeights);
              s.set(0);
              doWhile(
                () => {
                  for (let m = 0; m < M; m++) {
                    n.set(column[m].add(s.mul(dilationWidth)));
                    tap[m].set(selectI32(n.ltU(width).and(rowValid), row.add(n.mul(xPixel)), zeros));
                  }
                  channelOffset.set(0);
                  doWhile(multiply, () => channelOffset.ltU(depthBytes));
                  tapWeights.set(tapWeights.add(columnStep));
                  s.set(s.add(1));
                },
                () => s.ltU(kernelWidth),
              );
              rowWeights.set(rowWeights.add(rowStep));
              iy.set(iy.add(dilationHeight));
              r.set(r.sub(1));
            },
          );
          left.set(filters.sub(filter));
          for (let m = 0; m < M; m++) {
            const ox = tx.mul(M).add(m);
            const put = (): void => {
              out.set(oy.mul(yRow).add(ox.mul(yPixel)).add(filter.shl(2)));
              out.set(out.add(group.mul(field("yGroup"))));
              const own = acc.slice(m * V, m * V + V);
              storeLive({ out, y, residual, left, acc: own, spare: xv, values, low, high, live });
            };
            if (m === 0) put();
            else ifThen(ox.ltU(outWidth), put);
          }
          tx.set(tx.add(1));
          ifThen(tx.eq(tilesX), () => {
            tx.set(0);
            oy.set(oy.add(1));
            ifThen(oy.eq(outHeight), () => {
              oy.set(0);
              filterBlock.set(filterBlock.add(1));
              ifThen(filterBlock.eq(blocks), () => {
                filterBlock.set(0);
                group.set(group.add(1));
              });
            });
          });
          begin.set(begin.add(1));
        },
      );
    },
  );
}
