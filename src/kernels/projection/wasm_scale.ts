import { f64Splat, kernel, loadF32, loadF64, loadV64, storeLane, storeV64 } from "../wasm/assembler.js";
import { forEachTile, forEachWidth } from "../wasm/tiles.js";

/**
 * y[u] = s x[u], s a float64 at the address `scale`: onto the 2-ball, as `project` of `reference.ts`. One float64 product,
 * one rounding to float32. y may be x. Tiles: 1024 units.
 */
export const scaleToBall = kernel(
  "scale_to_ball",
  ["x", "scale", "y", "units"],
  ({ field, begin, end, locals }) => {
    const [x, y, units] = [field("x"), field("y"), field("units")];
    const scale = locals.v128(f64Splat(loadF64(field("scale"))));
    const [from, to, left] = [locals.i32(), locals.i32(), locals.i32()];
    forEachTile({ begin, end, locals }, units, 1024, (unit, stop) => {
      from.set(x.add(unit.shl(2)));
      to.set(y.add(unit.shl(2)));
      left.set(stop.sub(unit));
      forEachWidth(left, (width) => {
        if (width === 1) storeLane(to, f64Splat(loadF32(from).toF64()).f64Mul(scale).f64Demote(), 0);
        else
          for (const offset of [0, 8])
            storeV64(to, loadV64(from, offset).f64Promote().f64Mul(scale).f64Demote(), offset);
        from.set(from.add(4 * width));
        to.set(to.add(4 * width));
      });
    });
  },
);
