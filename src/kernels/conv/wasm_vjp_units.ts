import {
  doWhile,
  type Frame,
  type I32,
  ifThen,
  loadI32,
  loadSplat,
  selectI32,
  type Target,
  type Variable,
  whileDo,
} from "../wasm/assembler.js";
import { minU } from "../wasm/tiles.js";
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
export function fastestUnits(lanes: number, { relaxed }: Target): number {
  if (lanes <= 4) return 6;
  if (lanes <= 8) return 4;
  return lanes <= 10 && relaxed ? 4 : 3;
}

/**
 * Live outputs that all tiles of a pixel run through before the next: their cotangents and weights then stay in a
 * first-level cache. VGG-16's wide layers take 0.66 to 0.8 of the time of tiles that run down the whole list.
 */
const CHUNK = 64;

/** Fields of a vjp that the units of a pixel read. */
export const UNIT_FIELDS = ["gx", "xEntries", "init", "initValues", "initLow", "initHigh"] as const;

/** What the live units of one pixel are summed from. */
export interface PixelSums {
  /** Addresses of the first and past the last of the pixel's live channels; the first moves. */
  readonly live: Variable<I32>;
  readonly liveEnd: I32;
  /** Bytes from a tensor of scalars to the pixel's first channel. */
  readonly pixel: I32;
  /** Added to every weight's address, for a pair's is that of the row less as much. */
  readonly shift: I32;
  /** The pairs under the pixel, as `liveWindow` describes them. */
  readonly first: I32;
  readonly end: I32;
}

/** Sums the live units of a pixel, tile by tile, a chunk of the pairs at a time, sums going by way of gx. */
export function unitSums(
  {
    field,
    lanes: splats,
    locals,
    target,
  }: Pick<Frame<(typeof UNIT_FIELDS)[number]>, "field" | "lanes" | "locals" | "target">,
  { lanes, units }: VjpTile,
): { laneBytes: number; sum: (of: PixelSums) => void } {
  const most = units ?? fastestUnits(lanes, target);
  const tile = new UnitTile(locals, target, lanes, most);
  const [gx, xEntries] = [field("gx"), field("xEntries")];
  const [init, initValues] = [field("init"), field("initValues")];
  const [initLow, initHigh] = [splats("initLow"), splats("initHigh")];
  const [chunkBegin, chunkEnd, liveBegin, entry, left] = Array.from({ length: 5 }, () => locals.i32());
  const [weightRow, cotangent] = [locals.i32(), locals.i32()];
  const offset = Array.from({ length: most }, () => locals.i32());
  const unit = Array.from({ length: most }, () => locals.i32());
  const value = locals.v128();

  const sum = ({ live, liveEnd, pixel, shift, first, end }: PixelSums): void => {
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
        chunkBegin.eq(first),
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

    // As many as fit into registers; the last ones in one tile, or by halves if they are one more than that, since a
    // tile of one unit takes almost as long as a full one.
    const computeTile = (): void => {
      left.set(liveEnd.sub(live));
      const fits = selectI32(left.eq(4 * (most + 1)), 4 * Math.ceil((most + 1) / 2), 4 * most);
      left.set(minU(left, fits));
      const byCount = (count: number): void =>
        count === 1
          ? computeUnits(1)
          : ifThen(
              left.eq(4 * count),
              () => computeUnits(count),
              () => byCount(count - 1),
            );
      byCount(most);
    };

    chunkBegin.set(first);
    liveBegin.set(live);
    doWhile(
      () => {
        chunkEnd.set(chunkBegin.add(8 * CHUNK));
        chunkEnd.set(selectI32(end.sub(chunkBegin).ltU(12 * CHUNK), end, chunkEnd));
        live.set(liveBegin);
        whileDo(() => live.ltU(liveEnd), computeTile);
        chunkBegin.set(chunkEnd);
      },
      () => chunkBegin.ltU(end),
    );
  };
  return { laneBytes: 16 * tile.vectors, sum };
}
