import {
  ifThen,
  type KernelSource,
  kernel,
  madd,
  type V128,
  type Variable,
  whileDo,
  zero,
} from "../wasm/assembler.js";
import { isLive, load, store, type Width } from "../wasm/tiles.js";
import { forEachFilter, GEOMETRY, walkTaps } from "./wasm_taps.js";

/** Vectors of channels that a pixel sums together: enough to hide the latency of a multiply-add. */
const VECTORS = 4;

/**
 * `depthwise_vjp` for one cotangent, channels in the lanes; every unit is written:
 *
 *   gx[p][c] = live(p, c) (sum over taps t, filters o of c, of  weights[t][o] gy[q(p, t)][o]      (+ gx[p][c] if `accumulate`))
 *
 * A unit is live if `low < values < high`, or always if `values` is 0. gy must be defined everywhere. `depthwise_vjp_1` is for one filter a channel, `depthwise_vjp_multiplied_1` for `multiplier`
 * of them, a channel at a time. Tiles: input rows.
 */
export function depthwiseGradient(multiplied: boolean): KernelSource {
  const fields = ["gy", "gx", "weights", ...GEOMETRY, "accumulate", "values", "low", "high"] as const;
  return kernel(
    `depthwise_vjp${multiplied ? "_multiplied" : ""}_1`,
    [...fields, ...(multiplied ? (["multiplier"] as const) : [])],
    ({ field, lanes: splats, begin, end, locals, target }) => {
      const [gy, gx, channels, width] = [field("gy"), field("gx"), field("channels"), field("width")];
      const [accumulate, values] = [field("accumulate"), field("values")];
      const [low, high, live] = [splats("low"), splats("high"), locals.v128()];
      const multiplier = multiplied ? field("multiplier") : undefined;
      const walk = walkTaps({ field, locals }, field("weights"), multiplier);
      const [w, left, to, at, filter] = Array.from({ length: 5 }, () => locals.i32());
      const acc = Array.from({ length: VECTORS }, () => locals.v128());

      /** The channels from `at` on, `at` being the byte of the first of their filters. */
      const pixel = (sums: readonly Variable<V128>[], lanes: Width): void => {
        for (const sum of sums) sum.set(zero());
        ifThen(accumulate, () => {
          for (const [v, sum] of sums.entries()) sum.set(load(lanes, to, 16 * v));
        });
        walk.forEachTap(at, (weight, output) => {
          const one = (): void => {
            for (const [v, sum] of sums.entries()) {
              const g = load(lanes, gy.add(output), 16 * v);
              sum.set(madd(target, load(lanes, weight, 16 * v), g, sum));
            }
          };
          if (multiplier) forEachFilter(filter, multiplier, weight, output, one);
          else one();
        });
        const channelsDone = lanes * sums.length;
        ifThen(values, () => {
          for (const [v, sum] of sums.entries()) {
            live.set(load(lanes, values.add(to.sub(gx)), 16 * v));
            sum.set(sum.and(isLive(live, low, high)));
          }
        });
        for (const [v, sum] of sums.entries()) store(lanes, to, sum, 16 * v);
        to.set(to.add(4 * channelsDone));
        at.set(at.add(multiplier ? multiplier.shl(2) : 4 * channelsDone));
        left.set(left.sub(channelsDone));
      };
      const shapes = multiplied
        ? ([[1, 1]] as const)
        : ([
            [VECTORS, 4],
            [1, 4],
            [1, 1],
          ] as const);

      whileDo(
        () => begin.ltU(end),
        () => {
          walk.toRow(begin);
          to.set(gx.add(begin.mul(width).mul(channels).shl(2)));
          w.set(0);
          whileDo(
            () => w.ltU(width),
            () => {
              walk.toColumn(w);
              at.set(0);
              left.set(channels);
              for (const [vectors, lanes] of shapes)
                whileDo(
                  () => left.geU(vectors * lanes),
                  () => pixel(acc.slice(0, vectors), lanes),
                );
              w.set(w.add(1));
            },
          );
          begin.set(begin.add(1));
        },
      );
    },
  );
}
