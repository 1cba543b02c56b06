/**
 * Softmax of rows of `depth` values, and its vjp:
 *
 *   y[r][i] = e^(x[r][i] - m[r]) / sum_j e^(x[r][j] - m[r]),  m[r] the largest of a row
 *   gx[r][i][k] = y[r][i] (gy[r][i][k] - sum_j y[r][j] gy[r][j][k])   (+ gx[r][i][k] if `accumulate`)
 *
 * Powers and their sum are float64, two at a time, even places in one sum and odd ones in another: rounded once when a power
 * is stored and once more when it is divided. y may be x. Every gy must be defined. Tiles: rows.
 */

import { exponential } from "../../element_wise/wasm_series.js";
import {
  type F64,
  f64Splat,
  ifThen,
  type KernelSource,
  kernel,
  loadSplat,
  loadV64,
  madd,
  splat,
  storeLane,
  storeV64,
  type Variable,
  whileDo,
  zero,
} from "../../wasm/assembler.js";
import type { Stride } from "../../wasm/lowering.js";
import { forEachWidth, lanesOf, load, store } from "../../wasm/tiles.js";

const forward = kernel("softmax_forward", ["x", "y", "depth"], ({ field, begin, end, locals }) => {
  const [x, y, depth] = [field("x"), field("y"), field("depth")];
  const [from, to, left] = [locals.i32(), locals.i32(), locals.i32()];
  const [most, power, sums, value] = Array.from({ length: 4 }, () => locals.v128());
  const total: Variable<F64> = locals.f64();
  whileDo(
    () => begin.ltU(end),
    () => {
      const row = begin.mul(depth).shl(2);
      from.set(x.add(row));
      left.set(depth);
      most.set(splat(-Infinity));
      forEachWidth(left, (width) => {
        most.set(most.max(load(width, from)));
        from.set(from.add(4 * width));
      });
      // Of the four lanes, in all of them.
      most.set(most.max(most.shuffle(most, [2, 3, 0, 1])));
      most.set(most.max(most.shuffle(most, [1, 0, 3, 2])));
      most.set(most.f64Promote());
      from.set(x.add(row));
      to.set(y.add(row));
      left.set(depth);
      sums.set(zero());
      total.set(0);
      const powersOf = (values: typeof value): void =>
        power.set(exponential((e) => locals.v128(e), values.f64Promote().f64Sub(most)).exp);
      whileDo(
        () => left.geU(2),
        () => {
          value.set(loadV64(from));
          powersOf(value);
          sums.set(sums.f64Add(power));
          storeV64(to, power.f64Demote());
          from.set(from.add(8));
          to.set(to.add(8));
          left.set(left.sub(2));
        },
      );
      ifThen(left, () => {
        value.set(loadSplat(from));
        powersOf(value);
        total.set(power.f64Lane(0));
        storeLane(to, power.f64Demote(), 0);
      });
      total.set(total.add(sums.f64Lane(0)).add(sums.f64Lane(1)));
      sums.set(f64Splat(total));
      to.set(y.add(row));
      left.set(depth);
      whileDo(
        () => left.geU(2),
        () => {
          storeV64(to, loadV64(to).f64Promote().f64Div(sums).f64Demote());
          to.set(to.add(8));
          left.set(left.sub(2));
        },
      );
      ifThen(left, () => storeLane(to, loadSplat(to).f64Promote().f64Div(sums).f64Demote(), 0));
      begin.set(begin.add(1));
    },
  );
});

function vjp(stride: Stride): KernelSource {
  const { vectors, width } = lanesOf(stride);
  return kernel(
    `softmax_vjp_${stride}`,
    ["gy", "y", "gx", "depth", "accumulate"],
    ({ field, begin, end, locals, target }) => {
      const [gy, y, gx] = [field("gy"), field("y"), field("gx")];
      const [depth, accumulate] = [field("depth"), field("accumulate")];
      const [unit, at, left] = [locals.i32(), locals.i32(), locals.i32()];
      const means = Array.from({ length: vectors }, () => locals.v128());
      const [factor, g] = [locals.v128(), locals.v128()];
      /** Goes through the units of the row. */
      const forEachUnit = (body: () => void): void => {
        unit.set(begin.mul(depth).shl(2));
        at.set(unit.mul(stride));
        left.set(depth);
        whileDo(
          () => left,
          () => {
            factor.set(loadSplat(y.add(unit)));
            body();
            unit.set(unit.add(4));
            at.set(at.add(4 * stride));
            left.set(left.sub(1));
          },
        );
      };
      whileDo(
        () => begin.ltU(end),
        () => {
          for (const mean of means) mean.set(zero());
          forEachUnit(() => {
            for (const [v, mean] of means.entries())
              mean.set(madd(target, factor, load(width, gy.add(at), 16 * v), mean));
          });
          forEachUnit(() => {
            for (const [v, mean] of means.entries()) {
              g.set(
                load(width, gy.add(at), 16 * v)
                  .sub(mean)
                  .mul(factor),
              );
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
