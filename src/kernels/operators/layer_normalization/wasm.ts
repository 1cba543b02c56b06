/**
 * Layer normalisation of rows of `depth` values, and its vjp:
 *
 *   y[r][i] = (x[r][i] - m[r]) rate[r] scale[i] + bias[i],  rate[r] = 1 / sqrt(variance[r] + epsilon)
 *   gx[r][i][k] = rate[r] (g[i][k] - 1/C sum_j g[j][k] - n[i] 1/C sum_j n[j] g[j][k]),  g = scale gy, n[i] = (x[r][i] - m[r]) rate[r]
 *                 (+ gx[r][i][k] if `accumulate`)
 *
 * The forward kernel computes in float64, two values at a time, even places in one sum and odd ones in another, and rounds
 * once, when it stores; mean and rate go to `moments`, two float64 a row, unless that is 0. y may be x. Every gy must be
 * defined. Tiles: rows.
 */
import {
  double,
  f64Splat,
  type I32,
  ifThen,
  type KernelSource,
  kernel,
  loadF64,
  loadSplat,
  loadV64,
  madd,
  storeF64,
  storeLane,
  storeV64,
  type V128,
  whileDo,
  zero,
} from "../../wasm/assembler.js";
import type { Stride } from "../../wasm/lowering.js";
import { lanesOf, load, store } from "../../wasm/tiles.js";

const forward = kernel(
  "layer_normalization_forward",
  ["x", "y", "scale", "bias", "moments", "depth", "epsilon"],
  ({ field, float, begin, end, locals }) => {
    const [x, y, scale, bias] = [field("x"), field("y"), field("scale"), field("bias")];
    const [moments, depth] = [field("moments"), field("depth")];
    const epsilon = locals.f64(float("epsilon").toF64());
    const count = locals.f64(depth.toF64());
    const [row, at, left] = [locals.i32(), locals.i32(), locals.i32()];
    const [sums, distance, means, rates] = Array.from({ length: 4 }, () => locals.v128());
    const [mean, rate] = [locals.f64(), locals.f64()];
    /** Goes through the row by twos, its last value by itself in both lanes. */
    const forEachTwo = (two: () => void, one: () => void): void => {
      at.set(0);
      left.set(depth);
      whileDo(
        () => left.geU(2),
        () => {
          two();
          at.set(at.add(8));
          left.set(left.sub(2));
        },
      );
      ifThen(left, one);
    };
    /** The mean of a function of the row's values. */
    const meanOf = (of: (value: V128) => V128, tail: typeof mean): void => {
      sums.set(zero());
      tail.set(0);
      forEachTwo(
        () => sums.set(sums.f64Add(of(loadV64(row.add(at)).f64Promote()))),
        () => tail.set(of(loadSplat(row.add(at)).f64Promote()).f64Lane(0)),
      );
      tail.set(tail.add(sums.f64Lane(0)).add(sums.f64Lane(1)).div(count));
    };
    whileDo(
      () => begin.ltU(end),
      () => {
        const offset = begin.mul(depth).shl(2);
        row.set(x.add(offset));
        meanOf((value) => value, mean);
        means.set(f64Splat(mean));
        meanOf((value) => {
          distance.set(value.f64Sub(means));
          return distance.f64Mul(distance);
        }, rate);
        rate.set(double(1).div(rate.add(epsilon).sqrt()));
        rates.set(f64Splat(rate));
        ifThen(moments, () => {
          storeF64(moments.add(begin.shl(4)), mean);
          storeF64(moments.add(begin.shl(4)), rate, 8);
        });
        const normalised = (read: (from: I32) => V128): V128 => {
          const place = (base: I32) => read(base.add(at)).f64Promote();
          return place(row).f64Sub(means).f64Mul(rates).f64Mul(place(scale)).f64Add(place(bias)).f64Demote();
        };
        const to = y.add(offset);
        forEachTwo(
          () => storeV64(to.add(at), normalised(loadV64)),
          () => storeLane(to.add(at), normalised(loadSplat), 0),
        );
        begin.set(begin.add(1));
      },
    );
  },
);

function vjp(stride: Stride): KernelSource {
  const { vectors, width } = lanesOf(stride);
  return kernel(
    `layer_normalization_vjp_${stride}`,
    ["gy", "x", "scale", "moments", "gx", "depth", "accumulate"],
    ({ field, begin, end, locals, target }) => {
      const [gy, x, scale, moments, gx] = [
        field("gy"),
        field("x"),
        field("scale"),
        field("moments"),
        field("gx"),
      ];
      const [depth, accumulate] = [field("depth"), field("accumulate")];
      const [first, unit, at, left] = Array.from({ length: 4 }, () => locals.i32());
      const [means, rates, share, rate, factor, normalised, g] = Array.from({ length: 7 }, () =>
        locals.v128(),
      );
      const along = Array.from({ length: vectors }, () => locals.v128());
      const turned = Array.from({ length: vectors }, () => locals.v128());
      /** Goes through the units of the row; `factor` is the unit's scale. */
      const forEachUnit = (body: () => void): void => {
        unit.set(0);
        at.set(begin.mul(depth).mul(4 * stride));
        left.set(depth);
        whileDo(
          () => left,
          () => {
            factor.set(loadSplat(scale.add(unit)));
            normalised.set(loadSplat(first.add(unit)).f64Promote().f64Sub(means).f64Mul(rates).f64Demote());
            normalised.set(normalised.shuffle(normalised, [0, 0, 0, 0]));
            body();
            unit.set(unit.add(4));
            at.set(at.add(4 * stride));
            left.set(left.sub(1));
          },
        );
      };
      const own = (v: number): V128 => load(width, gy.add(at), 16 * v).mul(factor);
      share.set(f64Splat(double(1).div(depth.toF64())).f64Demote());
      share.set(share.shuffle(share, [0, 0, 0, 0]));
      whileDo(
        () => begin.ltU(end),
        () => {
          first.set(x.add(begin.mul(depth).shl(2)));
          means.set(f64Splat(loadF64(moments.add(begin.shl(4)))));
          rates.set(f64Splat(loadF64(moments.add(begin.shl(4)), 8)));
          rate.set(rates.f64Demote());
          rate.set(rate.shuffle(rate, [0, 0, 0, 0]));
          for (const sum of [...along, ...turned]) sum.set(zero());
          forEachUnit(() => {
            for (let v = 0; v < vectors; v++) {
              g.set(own(v));
              along[v].set(along[v].add(g));
              turned[v].set(madd(target, normalised, g, turned[v]));
            }
          });
          for (const sum of [...along, ...turned]) sum.set(sum.mul(share));
          forEachUnit(() => {
            for (let v = 0; v < vectors; v++) {
              g.set(own(v).sub(along[v]).sub(normalised.mul(turned[v])).mul(rate));
              ifThen(accumulate, () => g.set(g.add(load(width, gx.add(at), 16 * v))));
              store(width, gx.add(at), g, 16 * v);
            }
          });
          begin.set(begin.add(1));
        },
      );
    },
  );
}

export const kernels: readonly KernelSource[] = [forward, ...([1, 4, 8, 12] as const).map(vjp)];
