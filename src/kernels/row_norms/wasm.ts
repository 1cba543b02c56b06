import {
  type I32,
  ifThen,
  type KernelSource,
  kernel,
  loadI32,
  loadV64,
  storeV,
  type V128,
  type Variable,
  whileDo,
  zero,
} from "../wasm/assembler.js";
import { forEachTile } from "../wasm/tiles.js";
import { NORM_UNITS } from "./norm_units.js";

/**
 * Norms of K gradients that lie in the lanes, in parts of `NORM_UNITS` units:
 *
 *   partials[t][k] = sum over units u of part t of  g[u][k]^2  or  |g[u][k]|
 *
 * where `order` is the address of 2 or 1. float64 squares and sums, as in `reference.ts`; whoever adds up the parts does it in their order. Tiles: parts.
 */
export function rowNorms(vectors: number): KernelSource {
  return kernel(
    `row_norms_${4 * vectors}`,
    ["g", "units", "partials", "order"],
    ({ field, begin, end, locals }) => {
      const [g, units, partials] = [field("g"), field("units"), field("partials")];
      const order = locals.i32(loadI32(field("order")));
      const [at, to] = [locals.i32(), locals.i32()];
      const sums = Array.from({ length: 2 * vectors }, () => locals.v128());
      const pair = locals.v128();
      const sum = (term: (x: V128) => V128, unit: Variable<I32>, stop: I32): void => {
        whileDo(
          () => unit.ltU(stop),
          () => {
            for (const [i, sum] of sums.entries()) {
              pair.set(loadV64(at, 8 * i).f64Promote());
              sum.set(sum.f64Add(term(pair)));
            }
            at.set(at.add(16 * vectors));
            unit.set(unit.add(1));
          },
        );
      };
      forEachTile({ begin, end, locals }, units, NORM_UNITS, (unit, stop) => {
        at.set(g.add(unit.mul(16 * vectors)));
        for (const s of sums) s.set(zero());
        ifThen(
          order.eq(2),
          () => sum((x) => x.f64Mul(x), unit, stop),
          () => sum((x) => x.f64Abs(), unit, stop),
        );
        to.set(partials.add(begin.mul(32 * vectors)));
        for (const [i, s] of sums.entries()) storeV(to, s, 16 * i);
      });
    },
  );
}
