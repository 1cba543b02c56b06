import {
  doWhile,
  type I32,
  i32Splat,
  i32x4Of,
  ifThen,
  int,
  kernel,
  loadI32,
  loadSplat,
  loadV,
  madd,
  selectI32,
  storeLane,
  storeV,
  whileDo,
  zero,
} from "../wasm/assembler.js";
import { isLive, laneSums, minSigned, minU } from "../wasm/tiles.js";
import { CHOICE } from "./gradient_kernels.js";
import { leaveToOthers } from "./wasm_gradient_choice.js";

/** Live units that are computed together. */
const UNITS = 4;
const ALL = [0, 1, 2, 3] as const;

/**
 * `conv_gradient` that computes live inputs only, filters in the lanes, for stride 1, no dilation, one group:
 *
 *   gx[p][c] = residual[p][c] + sum over rows v, columns u, o of  W[c][v][u][o] gy[p + (v, u)][o],  0 where it is dead
 *
 * Weights are `[c][kernel row][kernel column][o]`, both turned round, `unitBytes` from a c to the next (`packUnits`), so that a unit's run
 * along its row as the cotangents do. A unit's sum is of eight parts, of o by their remainder by 8. The live
 * units of a pixel are in `table` in blocks of `block` channels (`live_list`), four share the cotangents that they read. Dead ones get 0.
 * `padTop` and `padLeft` are those of the convolution of cotangents, `kernel - 1 - pad`. gx may be `residual`.
 *
 * Tiles: `[channel block][pixel]`.
 */
export const convGradientLive = kernel(
  "conv_gradient_live",
  [
    ...(["x", "weights", "y", "residual", "values", "low", "high", "table", "pitch"] as const),
    ...(["height", "width", "xPixel", "kernelHeight", "kernelWidth", "padTop", "padLeft"] as const),
    ...(["filterBytes", "unitBytes", "block", "channels", "outHeight", "outWidth", "choice"] as const),
  ],
  ({ field, lanes, begin, end, locals, target }) => {
    const [x, weights, y, residual, values] = [
      field("x"),
      field("weights"),
      field("y"),
      field("residual"),
      field("values"),
    ];
    const [low, high] = [lanes("low"), lanes("high")];
    const [table, pitch] = [field("table"), field("pitch")];
    const [height, width, xPixel] = [field("height"), field("width"), field("xPixel")];
    const [kernelHeight, kernelWidth] = [field("kernelHeight"), field("kernelWidth")];
    const [padTop, padLeft] = [field("padTop"), field("padLeft")];
    const [filterBytes, unitBytes] = [field("filterBytes"), field("unitBytes")];
    const [block, channels, outWidth] = [field("block"), field("channels"), field("outWidth")];

    const pixels = locals.i32(field("outHeight").mul(outWidth));
    const [p, b, c, lastChannel, out, at, stop, count] = Array.from({ length: 8 }, () => locals.i32());
    const [top, left, fromRow, toRow, fromColumn, toColumn] = Array.from({ length: 6 }, () => locals.i32());
    const [xStart, wStart, xRow, g, row, runs, runBytes, runEnd] = Array.from({ length: 8 }, () =>
      locals.i32(),
    );
    const [rowBytes, skip, runCount, nextRun] = Array.from({ length: 4 }, () => locals.i32());
    const unit = ALL.map(() => locals.i32());
    const w = ALL.map(() => locals.i32());
    const acc = ALL.map(() => [locals.v128(), locals.v128()]);
    const [gv, live, sums] = [locals.v128(), locals.v128(), locals.v128()];
    const halves = [locals.v128(), locals.v128()] as const;

    leaveToOthers(field("choice"), CHOICE.live, begin, end);

    /** Every channel of the block: the residual where it is live, else 0. */
    const begins = (): void => {
      c.set(block.mul(b));
      lastChannel.set(minU(c.add(block), channels));
      whileDo(
        () => c.ltU(lastChannel),
        () => {
          sums.set(zero());
          ifThen(residual, () => {
            live.set(loadV(values.add(out).add(c.shl(2))));
            sums.set(loadV(residual.add(out).add(c.shl(2))).and(isLive(live, low, high)));
          });
          storeV(y.add(out).add(c.shl(2)), sums);
          c.set(c.add(4));
        },
      );
    };

    const multiply = (vectors: number, leaveIf: (condition: I32) => void): void => {
      for (let v = 0; v < vectors; v++) {
        // V8 loads all that a block of code needs before it multiplies; no value lies at such an address.
        if (v > 0) leaveIf(g.eq(v));
        gv.set(loadV(g, 16 * v));
        for (const i of ALL) {
          const sum = acc[i][v % 2];
          sum.set(madd(target, gv, loadV(w[i], 16 * v), sum));
        }
      }
      g.set(g.add(16 * vectors));
      for (const i of ALL) w[i].set(w[i].add(16 * vectors));
    };

    /** Four units, or what are left: the first stands in for the others. */
    const sumUnits = (): void => {
      count.set(minU(stop.sub(at).shrU(2), int(UNITS)));
      for (const i of ALL) {
        unit[i].set(loadI32(at, 4 * i));
        if (i > 0) unit[i].set(selectI32(count.gtU(i), unit[i], unit[0]));
        w[i].set(wStart.add(unit[i].mul(unitBytes)));
        for (const sum of acc[i]) sum.set(zero());
      }
      xRow.set(xStart);
      row.set(fromRow);
      whileDo(
        () => row.ltS(toRow),
        () => {
          g.set(xRow);
          runs.set(runCount);
          doWhile(
            () => {
              runEnd.set(g.add(runBytes));
              whileDo(
                () => g.add(48).ltU(runEnd),
                (leaveIf) => multiply(4, leaveIf),
              );
              whileDo(
                () => g.ltU(runEnd),
                (leaveIf) => multiply(2, leaveIf),
              );
              g.set(g.add(nextRun));
              runs.set(runs.sub(1));
            },
            () => runs,
          );
          for (const i of ALL) w[i].set(w[i].add(skip));
          xRow.set(xRow.add(rowBytes));
          row.set(row.add(1));
        },
      );
      for (const [even, odd] of acc) even.set(even.add(odd));
      const [[s0], [s1], [s2], [s3]] = acc;
      sums.set(laneSums([s0, s1, s2, s3], halves).add(zero()));
      // The first has what it needs: it gets 0 for each of the others that it stood in for. Branches would be guessed wrong.
      sums.set(sums.and(i32Splat(count).i32Gt(i32x4Of(0, 1, 2, 3))));
      for (const i of ALL) {
        unit[i].set(out.add(unit[i].shl(2)));
        storeLane(unit[i], loadSplat(unit[i]).add(sums), i);
      }
      at.set(at.add(4 * UNITS));
    };

    b.set(begin.divU(pixels));
    p.set(begin.remU(pixels));
    whileDo(
      () => begin.ltU(end),
      () => {
        out.set(p.mul(channels).shl(2));
        begins();
        out.set(out.add(y));
        top.set(p.divU(outWidth).sub(padTop));
        left.set(p.remU(outWidth).sub(padLeft));
        fromRow.set(selectI32(top.ltS(0), int(0).sub(top), 0));
        toRow.set(minSigned(kernelHeight, height.sub(top)));
        fromColumn.set(selectI32(left.ltS(0), int(0).sub(left), 0));
        toColumn.set(minSigned(kernelWidth, width.sub(left)));
        toRow.set(selectI32(fromColumn.ltS(toColumn), toRow, 0));
        xStart.set(x.add(top.add(fromRow).mul(width).add(left).add(fromColumn).mul(xPixel)));
        wStart.set(weights.add(fromRow.mul(kernelWidth).add(fromColumn).mul(filterBytes)));
        // Weights of the columns that a row has no cotangents for.
        skip.set(kernelWidth.sub(toColumn).add(fromColumn).mul(filterBytes));
        rowBytes.set(width.mul(xPixel));
        runBytes.set(toColumn.sub(fromColumn).mul(filterBytes));
        runCount.set(1);
        nextRun.set(xPixel.sub(filterBytes));
        ifThen(nextRun, () => {
          runCount.set(toColumn.sub(fromColumn));
          runBytes.set(filterBytes);
        });
        at.set(table.add(p.mul(pitch)).add(b.shl(2)));
        stop.set(loadI32(at, 4));
        at.set(loadI32(at));
        whileDo(() => at.ltU(stop), sumUnits);
        p.set(p.add(1));
        ifThen(p.eq(pixels), () => {
          p.set(0);
          b.set(b.add(1));
        });
        begin.set(begin.add(1));
      },
    );
  },
);
