import {
  type Frame,
  type I32,
  i32Splat,
  ifThen,
  type KernelSource,
  kernel,
  loadSplat,
  loadV,
  madd,
  storeV,
  type V128,
  type Variable,
  whileDo,
  zero,
} from "../wasm/assembler.js";
import { forEachTile, isLive } from "../wasm/tiles.js";

const FIELDS = [
  "gy",
  "yValues",
  "yLow",
  "yHigh",
  "gx",
  "factor",
  "outer",
  "inner",
  "factorOuterStride",
  "factorInnerStride",
  "sign",
  "accumulate",
] as const;
type Field = (typeof FIELDS)[number];

/**
 * Cotangents of one operand x of a sum, difference or product with broadcasting, K of them in the lanes. With
 *
 *   t[o][i][k] = sign live(o, i) gy[o][i][k] factor[o factorOuterStride + i factorInnerStride]
 *
 * (live: `yLow < yValues[o][i] < yHigh`, or always if `yValues` is 0; `factor` 0 stands for all ones, else it is the
 * other operand of a product; `sign` is a float) there is a kernel for every way in which x is repeated, and
 * each adds gx if `accumulate`:
 *
 * | kernel                          | x                     | gx                        | tiles         |
 * |---------------------------------|-----------------------|---------------------------|---------------|
 * | `arithmetic_vjp_{4V}`           | `[outer][inner]`      | gx[o][i][k] = t[o][i][k]  | 64 outer rows |
 * | `arithmetic_vjp_sum_inner_{4V}` | `[outer]`, or scalar  | gx[o][k] = sum_i t        | 64 outer rows |
 * | `arithmetic_vjp_sum_outer_{4V}` | `[inner]`             | gx[i][k] = sum_o t        | 64 inner units|
 *
 * A scalar x is a sum over inner with `outer` 1. Error, u = 2^-24: one rounding a product, and n u sum |t| for a sum of n.
 */
export function arithmeticVjp(vectors: number): KernelSource {
  return kernel(`arithmetic_vjp_${4 * vectors}`, FIELDS, (frame) => {
    const { begin, end, locals } = frame;
    const terms = termsOf(frame, vectors);
    const [gx, accumulate, to] = [frame.field("gx"), frame.field("accumulate"), locals.i32()];
    const g = locals.v128();
    forEachTile({ begin, end, locals }, terms.outer, 64, (row, stop) => {
      to.set(gx.add(row.mul(terms.inner).mul(16 * vectors)));
      whileDo(
        () => row.ltU(stop),
        () => {
          terms.start(row, 0);
          whileDo(
            () => terms.column.ltU(terms.inner),
            () => {
              terms.prepare();
              for (let v = 0; v < vectors; v++) {
                g.set(terms.cotangent(v).mul(terms.factor).and(terms.live));
                ifThen(accumulate, () => g.set(g.add(loadV(to, 16 * v))));
                storeV(to, g, 16 * v);
              }
              to.set(to.add(16 * vectors));
              terms.nextColumn();
            },
          );
          row.set(row.add(1));
        },
      );
    });
  });
}

/** See {@link arithmeticVjp}. */
export function arithmeticVjpSumInner(vectors: number): KernelSource {
  return kernel(`arithmetic_vjp_sum_inner_${4 * vectors}`, FIELDS, (frame) => {
    const { begin, end, locals, target } = frame;
    const terms = termsOf(frame, vectors);
    const sums = Array.from({ length: vectors }, () => locals.v128());
    const total = totals(frame, sums);
    forEachTile({ begin, end, locals }, terms.outer, 64, (row, stop) =>
      whileDo(
        () => row.ltU(stop),
        () => {
          total.start(row);
          terms.start(row, 0);
          whileDo(
            () => terms.column.ltU(terms.inner),
            () => {
              terms.prepare();
              for (const [v, sum] of sums.entries())
                sum.set(madd(target, terms.cotangent(v).and(terms.live), terms.factor, sum));
              terms.nextColumn();
            },
          );
          total.store();
          row.set(row.add(1));
        },
      ),
    );
  });
}

/** See {@link arithmeticVjp}. */
export function arithmeticVjpSumOuter(vectors: number): KernelSource {
  return kernel(`arithmetic_vjp_sum_outer_${4 * vectors}`, FIELDS, (frame) => {
    const { begin, end, locals, target } = frame;
    const terms = termsOf(frame, vectors);
    const row = locals.i32();
    // Neighbouring units share cache lines of gy and are summed together.
    const together = 4;
    const sums = Array.from({ length: together * vectors }, () => locals.v128());
    const block = (units: number, unit: Variable<I32>, stop: I32): void => {
      const total = totals(frame, sums.slice(0, units * vectors));
      whileDo(
        () => unit.add(units).leU(stop),
        () => {
          total.start(unit, units);
          row.set(0);
          whileDo(
            () => row.ltU(terms.outer),
            () => {
              terms.start(row, unit);
              for (let i = 0; i < units; i++) {
                terms.prepare();
                for (let v = 0; v < vectors; v++) {
                  const sum = sums[i * vectors + v];
                  sum.set(madd(target, terms.cotangent(v).and(terms.live), terms.factor, sum));
                }
                terms.nextColumn();
              }
              row.set(row.add(1));
            },
          );
          total.store();
          unit.set(unit.add(units));
        },
      );
    };
    forEachTile({ begin, end, locals }, terms.inner, 64, (unit, stop) => {
      block(together, unit, stop);
      block(1, unit, stop);
    });
  });
}

/** The terms t[o][i], walked along i. */
function termsOf({ field, lanes, locals }: Frame<Field>, vectors: number) {
  const [gy, yValues, factors] = [field("gy"), field("yValues"), field("factor")];
  const [outer, inner] = [field("outer"), field("inner")];
  const [outerStride, innerStride] = [field("factorOuterStride"), field("factorInnerStride")];
  const [low, high] = [lanes("yLow"), lanes("yHigh")];
  const sign = lanes("sign");
  const [column, unit, factorAt] = [locals.i32(), locals.i32(), locals.i32()];
  const live = locals.v128(i32Splat(-1));
  const factor = locals.v128(sign);
  return {
    outer,
    inner,
    column,
    /** sign times factor, the same in all lanes. */
    factor,
    live,
    start: (o: I32, i: I32 | number): void => {
      column.set(i);
      unit.set(o.mul(inner).add(column).shl(2));
      factorAt.set(factors.add(o.mul(outerStride).add(column.mul(innerStride)).shl(2)));
    },
    prepare: (): void => {
      ifThen(yValues, () => {
        live.set(loadSplat(yValues.add(unit)));
        live.set(isLive(live, low, high));
      });
      ifThen(factors, () => factor.set(loadSplat(factorAt).mul(sign)));
    },
    cotangent: (v: number): V128 => loadV(gy.add(unit.mul(4 * vectors)), 16 * v),
    nextColumn: (): void => {
      unit.set(unit.add(4));
      factorAt.set(factorAt.add(innerStride.shl(2)));
      column.set(column.add(1));
    },
  };
}

/** Sums for neighbouring units of gx, started from gx or 0. */
function totals({ field, locals }: Frame<Field>, sums: readonly Variable<V128>[]) {
  const [gx, accumulate, to] = [field("gx"), field("accumulate"), locals.i32()];
  return {
    start: (unit: I32, units = 1): void => {
      to.set(gx.add(unit.mul((16 * sums.length) / units)));
      for (const sum of sums) sum.set(zero());
      ifThen(accumulate, () => {
        for (const [v, sum] of sums.entries()) sum.set(loadV(to, 16 * v));
      });
    },
    store: (): void => {
      for (const [v, sum] of sums.entries()) storeV(to, sum, 16 * v);
    },
  };
}
