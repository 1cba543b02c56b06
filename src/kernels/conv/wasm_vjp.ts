import {
  doWhile,
  type I32,
  ifThen,
  type KernelSource,
  kernel,
  loadI32,
  loadSplat,
  selectI32,
  type Target,
  threadScratch,
  whileDo,
} from "../wasm/assembler.js";
import { GATHER_FIELDS, liveWindow } from "./wasm_vjp_gather.js";
import { UnitTile } from "./wasm_vjp_tile.js";

/** `lanes`: cotangents of a unit that are computed, 4 n or 4 n + 2; `units`: live inputs computed together. */
export interface VjpTile {
  readonly lanes: number;
  /** Default: what measured fastest, see {@link fastestUnits}. */
  readonly units?: number;
}

/**
 * Live inputs per tile. Zen 4, ResNet-20's densities, 16 to 64 channels, GFLOP/s of non-skipped work:
 * relaxed 4x10 41 to 45, 3x10 37 to 40, 3x12 44 to 48; plain 3x10 30 to 32, 3x12 34 to 36, 2x12 33 to 35.
 * Plain 4x10 and relaxed 4x12 do not fit into the registers, cut into blocks of code or not.
 */
function fastestUnits(lanes: number, { relaxed }: Target): number {
  if (lanes <= 4) return 6;
  if (lanes <= 8) return 4;
  return lanes <= 10 && relaxed ? 4 : 3;
}

/**
 * Live outputs that all tiles of a pixel run through before the next: their cotangents and weights then stay in a
 * first-level cache. VGG-16's wide layers take 0.66 to 0.8 of the time of tiles that run down the whole list.
 */
const CHUNK = 64;

/**
 * Input cotangents of a convolution, K cotangents in the lanes, masked units skipped on both sides:
 *
 *   gx[p][c][k] = sum over taps t, live o at q = q(p, t) of  W[t][o][c] gy[q][o][k]      for live c at p
 *
 * For each input pixel the live outputs under all its taps are listed (`wasm_vjp_gather.ts`); then tiles of
 * `units` live channels run down that list (`wasm_vjp_tile.ts`), a chunk of it at a time, sums going by way of gx,
 * which changes no bit of them. A weight is a scalar splat over the lanes.
 *
 * Live lists (`live_list/wasm.ts`): a table of byte addresses into lists of channel indices; row p of the table
 * starts at `table + p * pitch` and holds one boundary per channel block. Weights are
 * `[channel block][tap][o][channels in block]`, so that one block of a wide layer fits the second-level cache.
 *
 * Tiles: `[channel block][input pixel]`. `init` 0 starts from zero, otherwise from `init[p][c]` where the unit's
 * value at `initValues` lies inside `(initLow, initHigh)` (all of them if `initValues` is 0): accumulation into
 * gx, or the cotangent that arrives through a residual connection.
 */
export function convVjp({ units, lanes }: VjpTile): KernelSource {
  return kernel(
    units ? `conv_vjp_${units}x${lanes}` : `conv_vjp_${lanes}`,
    [
      ...GATHER_FIELDS,
      "yFirst",
      "gx",
      "xTable",
      "xPitch",
      "xChannels",
      "xEntries",
      "height",
      "width",
      "weights",
      "blockBytes",
      "firstBlock",
      "init",
      "initValues",
      "initLow",
      "initHigh",
      "scratch",
    ],
    ({ field, lanes: splats, begin, end, locals, target }) => {
      const most = units ?? fastestUnits(lanes, target);
      const tile = new UnitTile(locals, target, lanes, most);
      const laneBytes = 16 * tile.vectors;
      const scratch = locals.i32(field("scratch").add(threadScratch()));
      const window = liveWindow({ field, locals }, laneBytes, scratch);
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
      const [rowBytes, tapBytes] = [field("rowBytes"), field("tapBytes")];
      const [firstBlock, yFirst] = [field("firstBlock"), field("yFirst")];
      const [init, initValues] = [field("init"), field("initValues")];
      const [initLow, initHigh] = [splats("initLow"), splats("initHigh")];

      const pixels = locals.i32(height.mul(width));
      const block = locals.i32(begin.divU(pixels));
      const position = locals.i32(begin.remU(pixels));
      const h = locals.i32(position.divU(width));
      const w = locals.i32(position.remU(width));
      const [entry, shift, live, liveEnd, pixel, blockBase] = Array.from({ length: 6 }, () => locals.i32());
      const [chunkBegin, chunkEnd, liveBegin] = Array.from({ length: 3 }, () => locals.i32());
      const [weightRow, cotangent] = [locals.i32(), locals.i32()];
      const xEntries = field("xEntries");
      const offset = Array.from({ length: most }, () => locals.i32());
      const unit = Array.from({ length: most }, () => locals.i32());
      const value = locals.v128();

      // Channel c of this pixel lies 4 c bytes into a tensor of scalars, `vectors` times 4 times that in lanes.
      const channel = (i: number): I32 => loadI32(live, 4 * i).shl(2);
      const isLive = (i: number) => {
        value.set(loadSplat(initValues.add(pixel).add(channel(i))));
        return value.gt(initLow).and(value.lt(initHigh));
      };
      const computeUnits = (count: number): void => {
        for (let i = 0; i < count; i++) {
          offset[i].set(channel(i));
          const place = selectI32(xEntries, live.sub(xEntries).add(4 * i), pixel.add(offset[i]));
          unit[i].set(place.mul(4 * tile.vectors));
          offset[i].set(offset[i].add(shift));
        }
        const start = (i: number): I32 => init.add(unit[i]);
        ifThen(
          chunkBegin.eq(window.first),
          () =>
            ifThen(
              init,
              () =>
                ifThen(
                  initValues,
                  () => tile.load(count, start, isLive),
                  () => tile.load(count, start, undefined),
                ),
              () => tile.clear(count),
            ),
          () => tile.load(count, (i) => gx.add(unit[i]), undefined),
        );
        entry.set(chunkBegin);
        whileDo(
          () => entry.ltU(chunkEnd),
          (leaveIf) => {
            weightRow.set(loadI32(entry, 0));
            cotangent.set(loadI32(entry, 4));
            tile.multiply(
              count,
              cotangent,
              (i) => weightRow.add(offset[i]),
              // No cotangent lies at such an address.
              (n) => leaveIf(cotangent.eq(n)),
            );
            entry.set(entry.add(8));
          },
        );
        tile.store(count, (i) => gx.add(unit[i]));
        live.set(live.add(4 * count));
      };

      const left = (): I32 => liveEnd.sub(live);
      const computeRest = (count: number): void => {
        if (count === 0) return;
        ifThen(
          left().eq(4 * count),
          () => computeUnits(count),
          () => computeRest(count - 1),
        );
      };

      window.restart();
      whileDo(
        () => begin.ltU(end),
        () => {
          // Channel indices in the lists are absolute, so the block's base is moved back by its first channel,
          // and by the first output of the group.
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
            chunkBegin.set(window.first);
            liveBegin.set(live);
            doWhile(
              () => {
                chunkEnd.set(chunkBegin.add(8 * CHUNK));
                chunkEnd.set(selectI32(window.end.sub(chunkBegin).ltU(12 * CHUNK), window.end, chunkEnd));
                live.set(liveBegin);
                whileDo(
                  () => left().geU(4 * (most + 2)),
                  () => computeUnits(most),
                );
                // A tile of one unit takes almost as long as a full one, so one more than full goes by halves.
                ifThen(left().eq(4 * (most + 1)), () => computeUnits(Math.ceil((most + 1) / 2)));
                computeRest(most);
                chunkBegin.set(chunkEnd);
              },
              () => chunkBegin.ltU(window.end),
            );
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
