import { kernel } from "../wasm/assembler.js";
import { clamp, forEachTile, forEachWidth, load, store } from "../wasm/tiles.js";

/**
 * y[u] = min(max(x[u], -bound), bound): onto the infinity-ball, as `project` of `reference.ts`. Exact; keeps a NaN. y may
 * be x. Tiles: 1024 units.
 */
export const clampToBall = kernel(
  "clamp_to_ball",
  ["x", "bound", "y", "units"],
  ({ field, lanes, begin, end, locals }) => {
    const [x, y, units] = [field("x"), field("y"), field("units")];
    const bound = lanes("bound");
    const low = locals.v128(bound.neg());
    const [from, to, left] = [locals.i32(), locals.i32(), locals.i32()];
    forEachTile({ begin, end, locals }, units, 1024, (unit, stop) => {
      from.set(x.add(unit.shl(2)));
      to.set(y.add(unit.shl(2)));
      left.set(stop.sub(unit));
      forEachWidth(left, (width) => {
        store(width, to, clamp(load(width, from), low, bound));
        from.set(from.add(4 * width));
        to.set(to.add(4 * width));
      });
    });
  },
);
