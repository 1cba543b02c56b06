import {
  type I32,
  ifThen,
  type KernelSource,
  kernel,
  loadI32,
  loadSplat,
  loadV,
  madd,
  selectI32,
  storeV,
  whileDo,
  zero,
} from "../wasm/assembler.js";
import { isLive } from "../wasm/tiles.js";
import { forEachFilter, GEOMETRY, walkTaps } from "./wasm_taps.js";

/** Live channels that are taken together, by the number of vectors of a unit: as many as registers allow. */
const UNITS: Readonly<Record<number, { masked: number; unmasked: number }>> = {
  1: { masked: 4, unmasked: 4 },
  2: { masked: 2, unmasked: 2 },
  3: { masked: 1, unmasked: 2 },
};

/**
 * Input cotangents of a depthwise convolution for the live inputs, K cotangents in the lanes:
 *
 *   gx[p][c][k] = sum over taps t, filters o of c, live outputs (q(p, t), o), of  weights[t][o] gy[q][o][k]
 *                 (+ gx[p][c][k] if `accumulate`)
 *
 * The live channels of pixel p are listed from address `load(xTable + p xPitch)` to
 * `load(xTable + p xPitch + xSpan)`; other units of gx are left alone. An output is live if
 * `yLow < yValues < yHigh`, or always if `yValues` is 0. Dead ones are masked, not skipped: a vector AND is
 * cheaper than a branch that is wrong every third time. Cotangents that are 0 at dead outputs go faster unmasked.
 * Error <= (n + 1) u sum |w gy|, n the terms of the sum, u = 2^-24.
 *
 * `depthwise_vjp` is for one filter a channel, `depthwise_vjp_multiplied` for `multiplier` of them: a loop of one
 * would cost a third. Tiles: input rows. The taps that reach an output from a pixel are an arithmetic progression on
 * each axis.
 */
export function depthwiseVjp(vectors: number, multiplied: boolean): KernelSource {
  return kernel(
    `depthwise_vjp${multiplied ? "_multiplied" : ""}_${4 * vectors}`,
    [
      "gy",
      "yValues",
      "yLow",
      "yHigh",
      "gx",
      "xTable",
      "xPitch",
      "xSpan",
      "xEntries",
      "weights",
      ...GEOMETRY,
      "accumulate",
      ...(multiplied ? (["multiplier"] as const) : []),
    ],
    ({ field, lanes, begin, end, locals, target }) => {
      const [gy, yValues, gx] = [field("gy"), field("yValues"), field("gx")];
      const [low, high] = [lanes("yLow"), lanes("yHigh")];
      const [xTable, xPitch, xSpan] = [field("xTable"), field("xPitch"), field("xSpan")];
      const [channels, width, accumulate] = [field("channels"), field("width"), field("accumulate")];
      const channelBytes = locals.i32(channels.shl(2));
      const multiplier = multiplied ? field("multiplier") : undefined;
      const walk = walkTaps({ field, locals }, field("weights"), multiplier);
      const filter = locals.i32();
      const [w, pixel, entry, last, to] = Array.from({ length: 5 }, () => locals.i32());
      const together = UNITS[vectors].unmasked;
      const sums = Array.from({ length: together * vectors }, () => locals.v128());
      const offset = Array.from({ length: together }, () => locals.i32());
      // Where a channel's first filter lies among those of a pixel.
      const filters = multiplier ? offset.map(() => locals.i32()) : offset;
      const [unit, pixelBytes] = [locals.i32(), locals.i32()];
      const xEntries = field("xEntries");
      const [live, scalar] = [locals.v128(), locals.v128()];

      // One tap for a filter of `units` channels each; `weight` and `output` are at the first channel's.
      const addTap = (units: number, masked: boolean, weight: I32, output: I32): void => {
        for (let i = 0; i < units; i++) {
          unit.set(output.add(filters[i]));
          if (masked) {
            live.set(loadSplat(yValues.add(unit)));
            live.set(isLive(live, low, high));
          }
          scalar.set(loadSplat(weight.add(filters[i])));
          for (let v = 0; v < vectors; v++) {
            const g = loadV(gy.add(unit.mul(4 * vectors)), 16 * v);
            const sum = sums[i * vectors + v];
            sum.set(madd(target, scalar, masked ? g.and(live) : g, sum));
          }
        }
      };
      const addTaps = (units: number, masked: boolean): void =>
        walk.forEachTap(0, (weight, output) => {
          const one = () => addTap(units, masked, weight, output);
          if (multiplier) forEachFilter(filter, multiplier, weight, output, one);
          else one();
        });

      const address = (i: number): I32 => {
        const place = selectI32(xEntries, entry.sub(xEntries).add(4 * i), pixelBytes.add(offset[i]));
        return gx.add(place.mul(4 * vectors));
      };
      const tile = (units: number, masked: boolean): void => {
        for (let i = 0; i < units; i++) {
          offset[i].set(loadI32(entry, 4 * i).shl(2));
          if (multiplier) filters[i].set(offset[i].mul(multiplier));
          to.set(address(i));
          const own = sums.slice(i * vectors, (i + 1) * vectors);
          for (const sum of own) sum.set(zero());
          ifThen(accumulate, () => {
            for (const [v, sum] of own.entries()) sum.set(loadV(to, 16 * v));
          });
        }
        addTaps(units, masked);
        for (let i = 0; i < units; i++) {
          to.set(address(i));
          for (let v = 0; v < vectors; v++) storeV(to, sums[i * vectors + v], 16 * v);
        }
        entry.set(entry.add(4 * units));
      };

      const liveChannels = (units: number, masked: boolean): void => {
        for (const n of [units, 1])
          whileDo(
            () => entry.add(4 * n).leU(last),
            () => tile(n, masked),
          );
      };

      whileDo(
        () => begin.ltU(end),
        () => {
          walk.toRow(begin);
          pixel.set(begin.mul(width));
          w.set(0);
          whileDo(
            () => w.ltU(width),
            () => {
              pixelBytes.set(pixel.mul(channelBytes));
              walk.toColumn(w);
              entry.set(xTable.add(pixel.mul(xPitch)));
              last.set(loadI32(entry.add(xSpan)));
              entry.set(loadI32(entry));
              ifThen(
                yValues,
                () => liveChannels(UNITS[vectors].masked, true),
                () => liveChannels(UNITS[vectors].unmasked, false),
              );
              pixel.set(pixel.add(1));
              w.set(w.add(1));
            },
          );
          begin.set(begin.add(1));
        },
      );
    },
  );
}
