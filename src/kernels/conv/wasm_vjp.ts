import { ifThen, type KernelSource, kernel, loadI32, threadScratch, whileDo } from "../wasm/assembler.js";
import { GATHER_FIELDS, liveWindow } from "./wasm_vjp_gather.js";
import { UNIT_FIELDS, unitSums, type VjpTile } from "./wasm_vjp_units.js";

/**
 * Input cotangents of a convolution, K cotangents in the lanes, masked units skipped on both sides:
 *
 *   gx[p][c][k] = sum over taps t, live o at q = q(p, t) of  W[t][o][c] gy[q][o][k]      for live c at p
 *
 * For each input pixel the live outputs under all its taps are listed (`wasm_vjp_gather.ts`); then tiles of
 * `units` live channels run down that list (`wasm_vjp_units.ts`), a chunk of it at a time, sums going by way of gx,
 * which changes no bit of them. A weight is a scalar splat over the lanes.
 *
 * Live lists (`live_list/wasm.ts`): a table of byte addresses into lists of channel indices; row p of the table
 * starts at `table + p * pitch` and holds one boundary per channel block. Weights are
 * `[channel block][tap][o][channels in block]`, so that one block of a wide layer fits the second-level cache; block
 * `firstBlock` of the table is the first.
 *
 * Tiles: `[channel block][input pixel]`. `init` 0 starts from zero, otherwise from `init[p][c]` where the unit's
 * value at `initValues` lies inside `(initLow, initHigh)` (all of them if `initValues` is 0): accumulation into
 * gx, or the cotangent that arrives through a residual connection.
 */
export function convVjp(tile: VjpTile): KernelSource {
  return kernel(
    tile.units ? `conv_vjp_${tile.units}x${tile.lanes}` : `conv_vjp_${tile.lanes}`,
    [
      ...GATHER_FIELDS,
      "yFirst",
      "xTable",
      "xPitch",
      "xChannels",
      "height",
      "width",
      "weights",
      "blockBytes",
      "firstBlock",
      ...UNIT_FIELDS,
      "scratch",
    ],
    ({ field, lanes, begin, end, locals, target }) => {
      const { laneBytes, sum } = unitSums({ field, lanes, locals, target }, tile);
      const scratch = locals.i32(field("scratch").add(threadScratch()));
      const window = liveWindow({ field, locals }, laneBytes, scratch);
      const [xTable, xPitch, xChannels] = [field("xTable"), field("xPitch"), field("xChannels")];
      const [height, width, weights, blockBytes] = [
        field("height"),
        field("width"),
        field("weights"),
        field("blockBytes"),
      ];
      const [rowBytes, tapBytes] = [field("rowBytes"), field("tapBytes")];
      const [firstBlock, yFirst] = [field("firstBlock"), field("yFirst")];

      const pixels = locals.i32(height.mul(width));
      const block = locals.i32(begin.divU(pixels));
      const position = locals.i32(begin.remU(pixels));
      const h = locals.i32(position.divU(width));
      const w = locals.i32(position.remU(width));
      const [shift, live, liveEnd, pixel, blockBase] = Array.from({ length: 5 }, () => locals.i32());

      window.restart();
      whileDo(
        () => begin.ltU(end),
        () => {
          // Channel indices in the lists are absolute, so the block's base is moved back by its first channel,
          // and by the first output of the part.
          blockBase.set(
            weights.add(block.mul(blockBytes)).sub(block.add(firstBlock).add(yFirst).mul(rowBytes)),
          );
          pixel.set(h.mul(width).add(w));
          live.set(xTable.add(pixel.mul(xPitch)).add(block.add(firstBlock).shl(2)));
          liveEnd.set(loadI32(live, 4));
          live.set(loadI32(live, 0));
          pixel.set(pixel.mul(xChannels).shl(2));
          ifThen(live.ltU(liveEnd), () => {
            shift.set(w.mul(tapBytes));
            window.moveTo(h, w, blockBase);
            sum({ live, liveEnd, pixel, shift, first: window.first, end: window.end });
          });
          w.set(w.add(1));
          ifThen(w.eq(width), () => {
            w.set(0);
            window.restart();
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
