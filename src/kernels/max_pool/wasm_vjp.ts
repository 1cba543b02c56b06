import {
  type I32,
  i32Splat,
  i32x4Of,
  ifThen,
  type KernelSource,
  kernel,
  loadF32,
  loadI32,
  loadV,
  selectI32,
  splat,
  storeV,
  whileDo,
  zero,
} from "../wasm/assembler.js";
import { forEachWidth, isLive, load, store } from "../wasm/tiles.js";
import { GEOMETRY, windowsOfPixel } from "./wasm_windows.js";

/**
 * Which inputs of a max pool let cotangents through: `live[u]` = 1 where input unit u wins a window whose output
 * is live (`yLow < yValues < yHigh`; every output if `yValues` is 0), else 0. What the list of live units is made
 * from. Exact. Tiles: input rows.
 */
export const maxPoolLive = kernel(
  "max_pool_live",
  ["winners", "yValues", "yLow", "yHigh", "live", ...GEOMETRY],
  (frame) => {
    const { field, lanes, locals } = frame;
    const [winners, yValues, live, channels] = [
      field("winners"),
      field("yValues"),
      field("live"),
      field("channels"),
    ];
    const [low, high] = [lanes("yLow"), lanes("yHigh")];
    const windows = windowsOfPixel(frame, channels);
    const [channel, unit, left] = [locals.i32(), locals.i32(), locals.i32()];
    const [self, won, wins, value] = Array.from({ length: 4 }, () => locals.v128());
    const laneIndex = locals.v128(i32x4Of(0, 1, 2, 3));
    const one = locals.v128(splat(1));
    windows.forEachPixel((pixel) => {
      channel.set(0);
      left.set(channels);
      forEachWidth(left, (width) => {
        unit.set(pixel.mul(channels).add(channel));
        self.set(i32Splat(unit).i32Add(laneIndex));
        won.set(zero());
        windows.forEachWindow(channel, (output) => {
          wins.set(load(width, winners.add(output)).i32Eq(self));
          ifThen(yValues, () => {
            value.set(load(width, yValues.add(output)));
            wins.set(wins.and(isLive(value, low, high)));
          });
          won.set(won.or(wins));
        });
        store(width, live.add(unit.shl(2)), won.and(one));
        channel.set(channel.add(width));
      });
    });
  },
);

/**
 * Input cotangents of a max pool for the live inputs, K cotangents in the lanes:
 *
 *   gx[u][k] = sum over the live outputs o that u won of  gy[o][k]      (+ gx[u][k] if `accumulate`)
 *
 * The live channels of pixel p are listed from address `load(xTable + p xPitch)` to
 * `load(xTable + p xPitch + xSpan)`; other units of gx are left alone. gy is read at live outputs only.
 * Error <= (m - 1) u sum |gy|, m windows won, u = 2^-24. Tiles: input rows.
 */
export function maxPoolVjp(vectors: number): KernelSource {
  return kernel(
    `max_pool_vjp_${4 * vectors}`,
    [
      "gy",
      "yValues",
      "yLow",
      "yHigh",
      "winners",
      "gx",
      "xTable",
      "xPitch",
      "xSpan",
      "xEntries",
      ...GEOMETRY,
      "accumulate",
    ],
    (frame) => {
      const { field, float, locals } = frame;
      const [gy, yValues, winners, gx] = [field("gy"), field("yValues"), field("winners"), field("gx")];
      const [xTable, xPitch, xSpan] = [field("xTable"), field("xPitch"), field("xSpan")];
      const [channels, accumulate, xEntries] = [field("channels"), field("accumulate"), field("xEntries")];
      const [low, high] = [float("yLow"), float("yHigh")];
      const windows = windowsOfPixel(frame, channels);
      const [entry, last, channel, unit, to] = Array.from({ length: 5 }, () => locals.i32());
      const value = locals.f32();
      const sums = Array.from({ length: vectors }, () => locals.v128());
      const addCotangent = (output: I32): void => {
        for (const [v, sum] of sums.entries())
          sum.set(sum.add(loadV(gy.add(output.mul(4 * vectors)), 16 * v)));
      };
      windows.forEachPixel((pixel) => {
        entry.set(xTable.add(pixel.mul(xPitch)));
        last.set(loadI32(entry.add(xSpan)));
        entry.set(loadI32(entry));
        whileDo(
          () => entry.ltU(last),
          () => {
            channel.set(loadI32(entry));
            unit.set(pixel.mul(channels).add(channel));
            to.set(selectI32(xEntries, entry.sub(xEntries).shrU(2), unit));
            to.set(gx.add(to.mul(16 * vectors)));
            for (const sum of sums) sum.set(zero());
            ifThen(accumulate, () => {
              for (const [v, sum] of sums.entries()) sum.set(loadV(to, 16 * v));
            });
            windows.forEachWindow(channel, (output) =>
              ifThen(loadI32(winners.add(output)).eq(unit), () =>
                ifThen(
                  yValues,
                  () => {
                    value.set(loadF32(yValues.add(output)));
                    ifThen(value.gt(low).and(value.lt(high)), () => addCotangent(output));
                  },
                  () => addCotangent(output),
                ),
              ),
            );
            for (const [v, sum] of sums.entries()) storeV(to, sum, 16 * v);
            entry.set(entry.add(4));
          },
        );
      });
    },
  );
}
