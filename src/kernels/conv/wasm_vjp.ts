import {
  doWhile,
  type I32,
  i32Splat,
  i32x4Of,
  ifThen,
  type KernelSource,
  kernel,
  loadI32,
  loadSplat,
  loadV,
  madd,
  selectI32,
  storeV,
  type Target,
  threadScratch,
  type Variable,
  whileDo,
  zero,
} from "../wasm/assembler.js";

/** `units`: live inputs computed together; `vectors`: lanes / 4, the cotangents of one unit. */
export interface VjpTile {
  readonly vectors: 1 | 2 | 3 | 4;
  /** Default: what measured fastest, see {@link fastestUnits}. */
  readonly units?: number;
}

/**
 * Live inputs per tile. Zen 4, density 0.45 on both sides, 16 to 64 channels, GFLOP/s of non-skipped work:
 * plain 2x12 30, 3x12 20 (it spills), 4x12 26; relaxed 3x12 36 to 42, 2x12 27 to 36; 4x8 best of 8 lanes in both.
 */
function fastestUnits(vectors: number, { relaxed }: Target): number {
  return [0, 6, 4, relaxed ? 3 : 2, 2][vectors];
}

/**
 * Input cotangents of a convolution, K cotangents in the lanes, masked units skipped on both sides:
 *
 *   gx[p][c][k] = sum over taps t, live o at q = q(p, t) of  W[t][o][c] gy[q][o][k]      for live c at p
 *
 * For each input pixel the live outputs under all its taps are gathered once into a list of pairs (weight row,
 * cotangent); then tiles of `units` live channels run down that list. A weight is a scalar splat over the lanes.
 *
 * Live lists (`live_list/wasm.ts`): a table of byte addresses into lists of channel indices; row p of the table
 * starts at `table + p * pitch` and holds one boundary per channel block. Weights are
 * `[channel block][tap][o][channels in block]`, so that one block of a wide layer fits the second-level cache.
 *
 * Tiles: `[channel block][input pixel]`. `init` 0 starts from zero, otherwise from `init[p][c]` where the unit's
 * value at `initValues` lies inside `(initLow, initHigh)` (all of them if `initValues` is 0): accumulation into
 * gx, or the cotangent that arrives through a residual connection.
 */
export function convVjp({ units, vectors: V }: VjpTile): KernelSource {
  const laneBytes = 16 * V;
  return kernel(
    units ? `conv_vjp_${units}x${4 * V}` : `conv_vjp_${4 * V}`,
    [
      "gy",
      "yTable",
      "yPitch",
      "yBegin",
      "yEnd",
      "yChannels",
      "yFirst",
      "outHeight",
      "outWidth",
      "gx",
      "xTable",
      "xPitch",
      "xChannels",
      "height",
      "width",
      "weights",
      "blockBytes",
      "rowBytes",
      "tapBytes",
      "firstBlock",
      "kernelHeight",
      "kernelWidth",
      "strideHeight",
      "strideWidth",
      "padTop",
      "padLeft",
      "dilationHeight",
      "dilationWidth",
      "init",
      "initValues",
      "initLow",
      "initHigh",
      "scratch",
    ],
    ({ field, lanes, begin, end, locals, target }) => {
      const M = units ?? fastestUnits(V, target);
      const [gy, yTable, yPitch] = [field("gy"), field("yTable"), field("yPitch")];
      const [yBegin, yEnd, yChannels, yFirst] = [
        field("yBegin"),
        field("yEnd"),
        field("yChannels"),
        field("yFirst"),
      ];
      const [outHeight, outWidth] = [field("outHeight"), field("outWidth")];
      const [gx, xTable, xPitch, xChannels] = [
        field("gx"),
        field("xTable"),
        field("xPitch"),
        field("xChannels"),
      ];
      const [height, width, weights, blockBytes] = [
        field("height"),
        field("width"),
        field("weights"),
        field("blockBytes"),
      ];
      const [rowBytes, tapBytes, firstBlock] = [field("rowBytes"), field("tapBytes"), field("firstBlock")];
      const [kernelHeight, kernelWidth] = [field("kernelHeight"), field("kernelWidth")];
      const [strideHeight, strideWidth] = [field("strideHeight"), field("strideWidth")];
      const [padTop, padLeft] = [field("padTop"), field("padLeft")];
      const [dilationHeight, dilationWidth] = [field("dilationHeight"), field("dilationWidth")];
      const [init, initValues] = [field("init"), field("initValues")];
      const [initLow, initHigh] = [lanes("initLow"), lanes("initHigh")];
      const scratch = locals.i32(field("scratch").add(threadScratch()));

      const pixels = locals.i32(height.mul(width));
      const block = locals.i32(begin.divU(pixels));
      const position = locals.i32(begin.remU(pixels));
      const h = locals.i32(position.divU(width));
      const w = locals.i32(position.remU(width));
      const [r, s, hy, wy, q, qEnd, unit, base, top, n, entry, live, liveEnd, pixel] = Array.from(
        { length: 14 },
        () => locals.i32(),
      );
      const [row, column] = [locals.i32(), locals.i32()];
      const addend = locals.v128();
      const factor = locals.v128(i32x4Of(rowBytes, laneBytes, rowBytes, laneBytes));
      const blockBase = locals.i32();

      // Appends the live outputs under one tap to the list at `top`, eight a round (a round may overrun).
      const gather = (): void => {
        q.set(yTable.add(unit.mul(yPitch)));
        qEnd.set(loadI32(q.add(yEnd)));
        q.set(loadI32(q.add(yBegin)));
        base.set(top.add(qEnd.sub(q).shl(1)));
        n.set(blockBase.add(r.mul(kernelWidth).add(s).mul(tapBytes)));
        unit.set(gy.add(unit.mul(yChannels).mul(laneBytes)));
        addend.set(i32Splat(n).shuffle(i32Splat(unit), [0, 4, 0, 4]));
        whileDo(
          () => q.ltU(qEnd),
          () => {
            for (let half = 0; half < 2; half++) {
              four.set(loadV(q, 16 * half));
              for (const [pair, order] of [[0, 0, 1, 1] as const, [2, 2, 3, 3] as const].entries())
                storeV(top, four.shuffle(four, order).i32Mul(factor).i32Add(addend), 32 * half + 16 * pair);
            }
            q.set(q.add(32));
            top.set(top.add(64));
          },
        );
        top.set(base);
      };
      const four = locals.v128();

      // q strides + t dilations = p + pad for the output position q under a tap t of input position p. A division
      // a tap would cost more than the tap's work, so the usual stride 1 has its own branch.
      const outputUnder = (
        padded: I32,
        stride: I32,
        limit: I32,
        output: Variable<I32>,
        body: () => void,
      ): void => {
        ifThen(
          stride.eq(1),
          () => output.set(padded),
          () => {
            output.set(padded.divU(stride));
            output.set(selectI32(output.mul(stride).eq(padded), output, -1));
          },
        );
        // A tap before the first output is a huge unsigned number, and so is -1.
        ifThen(output.ltU(limit).and(padded.geS(0)), body);
      };
      const taps = (body: () => void): void => {
        r.set(0);
        hy.set(h.add(padTop));
        doWhile(
          () => {
            outputUnder(hy, strideHeight, outHeight, row, () => {
              s.set(0);
              wy.set(w.add(padLeft));
              doWhile(
                () => {
                  outputUnder(wy, strideWidth, outWidth, column, () => {
                    unit.set(row.mul(outWidth).add(column));
                    body();
                  });
                  wy.set(wy.sub(dilationWidth));
                  s.set(s.add(1));
                },
                () => s.ltU(kernelWidth),
              );
            });
            hy.set(hy.sub(dilationHeight));
            r.set(r.add(1));
          },
          () => r.ltU(kernelHeight),
        );
      };

      const offset = Array.from({ length: M }, () => locals.i32());
      const acc = Array.from({ length: M * V }, () => locals.v128());
      const g = Array.from({ length: V }, () => locals.v128());
      const weight = locals.v128();
      const weightRow = locals.i32();
      const cotangent = locals.i32();
      const unitAddress = locals.i32();

      const tile = (m: number): void => {
        for (let i = 0; i < m; i++) {
          offset[i].set(loadI32(live, 4 * i).shl(2));
          initialise(i);
        }
        entry.set(scratch);
        whileDo(
          () => entry.ltU(top),
          () => {
            weightRow.set(loadI32(entry, 0));
            cotangent.set(loadI32(entry, 4));
            for (let v = 0; v < V; v++) g[v].set(loadV(cotangent, 16 * v));
            for (let i = 0; i < m; i++) {
              weight.set(loadSplat(weightRow.add(offset[i])));
              for (let v = 0; v < V; v++) acc[i * V + v].set(madd(target, weight, g[v], acc[i * V + v]));
            }
            entry.set(entry.add(8));
          },
        );
        for (let i = 0; i < m; i++) {
          unitAddress.set(gx.add(pixel.add(offset[i]).mul(4 * V)));
          for (let v = 0; v < V; v++) storeV(unitAddress, acc[i * V + v], 16 * v);
        }
        live.set(live.add(4 * m));
      };
      const initialise = (i: number): void => {
        ifThen(
          init,
          () => {
            unitAddress.set(init.add(pixel.add(offset[i]).mul(4 * V)));
            for (let v = 0; v < V; v++) acc[i * V + v].set(loadV(unitAddress, 16 * v));
            ifThen(initValues, () => {
              weight.set(loadSplat(initValues.add(pixel).add(offset[i])));
              weight.set(weight.gt(initLow).and(weight.lt(initHigh)));
              for (let v = 0; v < V; v++) acc[i * V + v].set(acc[i * V + v].and(weight));
            });
          },
          () => {
            for (let v = 0; v < V; v++) acc[i * V + v].set(zero());
          },
        );
      };

      whileDo(
        () => begin.ltU(end),
        () => {
          // Channel indices in the lists are absolute, so the block's base is moved back by its first channel,
          // and by the first output of the group.
          blockBase.set(
            weights
              .add(block.mul(blockBytes))
              .sub(block.add(firstBlock).mul(rowBytes))
              .sub(yFirst.mul(rowBytes)),
          );
          pixel.set(h.mul(width).add(w));
          live.set(xTable.add(pixel.mul(xPitch)).add(block.add(firstBlock).shl(2)));
          liveEnd.set(loadI32(live, 4));
          live.set(loadI32(live, 0));
          pixel.set(pixel.mul(xChannels).shl(2));
          ifThen(live.ltU(liveEnd), () => {
            top.set(scratch);
            taps(gather);
            const tail = (m: number): void => {
              if (m === 0) return;
              ifThen(
                liveEnd.sub(live).eq(4 * m),
                () => tile(m),
                () => tail(m - 1),
              );
            };
            whileDo(
              () => liveEnd.sub(live).geU(4 * M),
              () => tile(M),
            );
            tail(M - 1);
          });
          w.set(w.add(1));
          ifThen(w.eq(width), () => {
            w.set(0);
            h.set(h.add(1));
            ifThen(h.eq(height), () => {
              h.set(0);
              block.set(block.add(1));
            });
          });
          begin.set(begin.add(1));
        },
      );
    },
  );
}
