import {
  type I32,
  ifThen,
  type KernelSource,
  kernel,
  loadSplat,
  loadV,
  madd,
  selectI32,
  storeLane,
  whileDo,
  zero,
} from "../wasm/assembler.js";
import { laneSums } from "../wasm/tiles.js";
import { FEW_CHANNELS } from "./gradient_kernels.js";

/** Vectors of filters of a round. */
const ROUND = 2;

/**
 * `conv_gradient` where the input has one channel or three, as an image: filters are in the lanes, so that no lane stays empty. All units are
 * live, one group. Weights are those of `conv_gradient_live`, `[channel][kernel row][kernel column][o]`, rows and columns
 * turned round; a channel begins `unitBytes` after the one before it, and the other fields are as in `conv_gradient`. Filters are a multiple of 4.
 * A sum is of four parts, of o by their remainder by 4. Tiles: `[row][tile in row]`.
 */
export function convGradientFew(channels: keyof typeof FEW_CHANNELS): KernelSource {
  const M = FEW_CHANNELS[channels];
  return kernel(
    `conv_gradient_${M}x${channels}`,
    [
      ...(["x", "weights", "y", "residual", "zeros", "height", "width", "xRow", "xPixel"] as const),
      ...(["kernelHeight", "kernelWidth", "padTop", "padLeft", "dilationHeight", "dilationWidth"] as const),
      ...(["rowTapBytes", "columnTapBytes", "unitBytes", "depth"] as const),
      ...(["outHeight", "outWidth", "yRow", "yPixel"] as const),
    ],
    ({ field, begin, end, locals, target }) => {
      const [x, weights, y, residual, zeros] = [
        field("x"),
        field("weights"),
        field("y"),
        field("residual"),
        field("zeros"),
      ];
      const [height, width, xRow, xPixel] = [field("height"), field("width"), field("xRow"), field("xPixel")];
      const [kernelHeight, kernelWidth] = [field("kernelHeight"), field("kernelWidth")];
      const [padTop, padLeft] = [field("padTop"), field("padLeft")];
      const [dilationHeight, dilationWidth] = [field("dilationHeight"), field("dilationWidth")];
      const [rowTapBytes, columnTapBytes] = [field("rowTapBytes"), field("columnTapBytes")];
      const [unitBytes, outWidth] = [field("unitBytes"), field("outWidth")];
      const [yRow, yPixel] = [field("yRow"), field("yPixel")];

      const depthBytes = locals.i32(field("depth").shl(2));
      const tilesX = locals.i32(outWidth.add(M - 1).divU(M));
      const tx = locals.i32(begin.remU(tilesX));
      const oy = locals.i32(begin.divU(tilesX));
      const [r, s, n, iy, row, rowValid, rowWeights, tapWeights, stop, out] = Array.from({ length: 10 }, () =>
        locals.i32(),
      );
      const column = Array.from({ length: M }, () => locals.i32());
      const tap = Array.from({ length: M }, () => locals.i32());
      const w = Array.from({ length: channels }, () => locals.i32());
      const wv = Array.from({ length: channels }, () => locals.v128());
      const acc = Array.from({ length: M * channels }, () => locals.v128());
      const [g, spare] = [locals.v128(), locals.v128()];

      const multiply = (vectors: number, leaveIf: (condition: I32) => void): void => {
        for (let v = 0; v < vectors; v++) {
          // V8 loads all that a block of code needs before it multiplies; no value lies at such an address.
          if (v > 0) leaveIf(w[0].eq(v));
          for (const [c, value] of wv.entries()) value.set(loadV(w[c], 16 * v));
          for (let m = 0; m < M; m++) {
            g.set(loadV(tap[m], 16 * v));
            for (const [c, value] of wv.entries()) {
              const sum = acc[m * channels + c];
              sum.set(madd(target, g, value, sum));
            }
          }
        }
        for (const pointer of [...w, ...tap]) pointer.set(pointer.add(16 * vectors));
      };

      /** Adds what the vectors hold in their lanes; -0 becomes 0. */
      const reduce = (four: typeof acc): void => {
        const [a, b = a, c = a, d = a] = four;
        spare.set(laneSums([a, b, c, d], [g, spare]).add(zero()));
      };

      whileDo(
        () => begin.ltU(end),
        () => {
          for (const sum of acc) sum.set(zero());
          for (let m = 0; m < M; m++) {
            const ox = tx.mul(M).add(m);
            column[m].set((m === 0 ? ox : selectI32(ox.ltU(outWidth), ox, outWidth.sub(1))).sub(padLeft));
          }
          rowWeights.set(weights);
          iy.set(oy.sub(padTop));
          r.set(kernelHeight);
          whileDo(
            () => r,
            () => {
              rowValid.set(iy.ltU(height));
              row.set(x.add(iy.mul(xRow)));
              tapWeights.set(rowWeights);
              s.set(0);
              whileDo(
                () => s.ltU(kernelWidth),
                () => {
                  for (let m = 0; m < M; m++) {
                    n.set(column[m].add(s.mul(dilationWidth)));
                    tap[m].set(selectI32(n.ltU(width).and(rowValid), row.add(n.mul(xPixel)), zeros));
                  }
                  for (const [c, pointer] of w.entries())
                    pointer.set(c === 0 ? tapWeights : w[c - 1].add(unitBytes));
                  stop.set(tapWeights.add(depthBytes));
                  whileDo(
                    () => w[0].add(16 * ROUND).leU(stop),
                    (leaveIf) => multiply(ROUND, leaveIf),
                  );
                  whileDo(
                    () => w[0].ltU(stop),
                    (leaveIf) => multiply(1, leaveIf),
                  );
                  tapWeights.set(tapWeights.add(columnTapBytes));
                  s.set(s.add(1));
                },
              );
              rowWeights.set(rowWeights.add(rowTapBytes));
              iy.set(iy.add(dilationHeight));
              r.set(r.sub(1));
            },
          );
          for (let first = 0; first < acc.length; first += 4) {
            reduce(acc.slice(first, first + 4));
            acc.slice(first, first + 4).forEach((_, lane) => {
              const [m, c] = [Math.floor((first + lane) / channels), (first + lane) % channels];
              const put = (): void => {
                out.set(oy.mul(yRow).add(tx.mul(M).add(m).mul(yPixel)));
                g.set(spare);
                ifThen(residual, () => g.set(g.add(loadSplat(residual.add(out), 4 * c))));
                storeLane(y.add(out), g, lane as 0 | 1 | 2 | 3, 4 * c);
              };
              if (m === 0) put();
              else ifThen(tx.mul(M).add(m).ltU(outWidth), put);
            });
          }
          tx.set(tx.add(1));
          ifThen(tx.eq(tilesX), () => {
            tx.set(0);
            oy.set(oy.add(1));
          });
          begin.set(begin.add(1));
        },
      );
    },
  );
}
