import {
  f64Splat,
  ifThen,
  kernel,
  loadF32,
  loadF64,
  loadV,
  loadV64,
  storeLane,
  storeV64,
  type V128,
  zero,
} from "../wasm/assembler.js";
import { forEachTile, forEachWidth } from "../wasm/tiles.js";
import { TILE_UNITS } from "./loop_state.js";

/**
 * A first step along a row of a Jacobian, as `addStep` of `reference.ts` from r = 0, rounded to float32:
 *
 *   y[u] = s w      if `order` is 2,   w = x[u] - base[u]
 *   y[u] = s sign(w)  if it is 1
 *
 * `x` is `[units]` float32, `base` `[units]` float64, s a float64 at the address `scale`. For finite w; float64 but for the
 * last rounding. y may be x. Tiles: 1024 units.
 */
export const rowStep = kernel(
  "row_step",
  ["x", "base", "scale", "order", "y", "units"],
  ({ field, begin, end, locals }) => {
    const [x, base, y, units] = [field("x"), field("base"), field("y"), field("units")];
    const takesSign = locals.i32(field("order").eq(1));
    const scale = locals.v128(f64Splat(loadF64(field("scale"))));
    const [from, other, to, left] = Array.from({ length: 4 }, () => locals.i32());
    const w = locals.v128();
    const run = (step: () => V128): void =>
      forEachWidth(left, (width) => {
        if (width === 1) {
          w.set(f64Splat(loadF32(from).toF64().sub(loadF64(other))));
          storeLane(to, step().f64Demote(), 0);
        } else
          for (const half of [0, 1]) {
            w.set(
              loadV64(from, 8 * half)
                .f64Promote()
                .f64Sub(loadV(other, 16 * half)),
            );
            storeV64(to, step().f64Demote(), 8 * half);
          }
        from.set(from.add(4 * width));
        other.set(other.add(8 * width));
        to.set(to.add(4 * width));
      });
    forEachTile({ begin, end, locals }, units, TILE_UNITS, (unit, stop) => {
      from.set(x.add(unit.shl(2)));
      other.set(base.add(unit.shl(3)));
      to.set(y.add(unit.shl(2)));
      left.set(stop.sub(unit));
      ifThen(
        takesSign,
        () => run(() => scale.and(w.f64Gt(zero())).f64Sub(scale.and(zero().f64Gt(w)))),
        // Where w is -0 the step is 0, as 0 + s w is.
        () => run(() => w.f64Mul(scale).f64Add(zero())),
      );
    });
  },
);
