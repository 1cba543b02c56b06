import { i32Splat, i32x4Of, ifThen, kernel, zero } from "../wasm/assembler.js";
import { forEachWidth, isLive, load, store } from "../wasm/tiles.js";
import { GEOMETRY, windowsOfPixel } from "./wasm_windows.js";

/**
 * `max_pool_vjp` for one cotangent, channels in the lanes: every unit is written, with 0 where it won no window,
 *
 *   gx[u] = sum over the live outputs o that u won of  gy[o]      (+ gx[u] if `accumulate`)
 *
 * gy is read everywhere and counts at live outputs only. Tiles: input rows.
 */
export const maxPoolGradient = kernel(
  "max_pool_vjp_1",
  ["gy", "yValues", "yLow", "yHigh", "winners", "gx", ...GEOMETRY, "accumulate"],
  (frame) => {
    const { field, lanes, locals } = frame;
    const [gy, yValues, winners, gx] = [field("gy"), field("yValues"), field("winners"), field("gx")];
    const [channels, accumulate] = [field("channels"), field("accumulate")];
    const [low, high] = [lanes("yLow"), lanes("yHigh")];
    const windows = windowsOfPixel(frame, channels);
    const [channel, unit, left, to] = [locals.i32(), locals.i32(), locals.i32(), locals.i32()];
    const [self, wins, sum] = Array.from({ length: 3 }, () => locals.v128());
    const laneIndex = locals.v128(i32x4Of(0, 1, 2, 3));
    windows.forEachPixel((pixel) => {
      channel.set(0);
      left.set(channels);
      forEachWidth(left, (width) => {
        unit.set(pixel.mul(channels).add(channel));
        to.set(gx.add(unit.shl(2)));
        self.set(i32Splat(unit).i32Add(laneIndex));
        sum.set(zero());
        ifThen(accumulate, () => sum.set(load(width, to)));
        windows.forEachWindow(channel, (output) => {
          wins.set(load(width, winners.add(output)).i32Eq(self));
          ifThen(yValues, () => wins.set(wins.and(isLive(load(width, yValues.add(output)), low, high))));
          sum.set(sum.add(load(width, gy.add(output)).and(wins)));
        });
        store(width, to, sum);
        channel.set(channel.add(width));
      });
    });
  },
);
