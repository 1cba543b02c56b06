import { kernel, loadF32, loadV64, storeF64, storeV } from "../wasm/assembler.js";
import { forEachTile, forEachWidth } from "../wasm/tiles.js";

/** y[u] = x[u], float32 to float64. Exact. Tiles: 1024 units. */
export const widen = kernel("widen", ["x", "y", "units"], ({ field, begin, end, locals }) => {
  const [x, y, units] = [field("x"), field("y"), field("units")];
  const [from, to, left] = [locals.i32(), locals.i32(), locals.i32()];
  forEachTile({ begin, end, locals }, units, 1024, (unit, stop) => {
    from.set(x.add(unit.shl(2)));
    to.set(y.add(unit.shl(3)));
    left.set(stop.sub(unit));
    forEachWidth(left, (width) => {
      if (width === 1) storeF64(to, loadF32(from).toF64());
      else for (const half of [0, 1]) storeV(to, loadV64(from, 8 * half).f64Promote(), 16 * half);
      from.set(from.add(4 * width));
      to.set(to.add(8 * width));
    });
  });
});
