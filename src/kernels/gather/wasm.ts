import { ifThen, kernel, loadI32, type V128, whileDo, zero } from "../wasm/assembler.js";
import { forEachTile, forEachWidth, load, store, type Width } from "../wasm/tiles.js";

/**
 * Any rearrangement of units: transposition, slices that are not whole rows of channels, and their vjps.
 *
 *   y[u][e] = index[u] < 0 ? 0 : x[index[u]][e]     0 <= e < run        (+ y[u][e] if `accumulate`)
 *
 * `run` is in floats: 1 for values, the number of lanes for cotangents. Exact. Tiles: 256 units.
 */
export const gatherUnits = kernel(
  "gather_units",
  ["x", "y", "index", "units", "run", "accumulate"],
  ({ field, begin, end, locals }) => {
    const [x, y, index] = [field("x"), field("y"), field("index")];
    const [units, run, accumulate] = [field("units"), field("run"), field("accumulate")];
    const [source, from, to, left] = Array.from({ length: 4 }, () => locals.i32());
    const value = locals.v128();
    const put = (width: Width, x: V128): void => {
      value.set(x);
      ifThen(accumulate, () => value.set(value.add(load(width, to))));
      store(width, to, value);
      to.set(to.add(4 * width));
    };
    forEachTile({ begin, end, locals }, units, 256, (unit, stop) => {
      to.set(y.add(unit.mul(run).shl(2)));
      whileDo(
        () => unit.ltU(stop),
        () => {
          source.set(loadI32(index.add(unit.shl(2))));
          left.set(run);
          ifThen(
            source.geS(0),
            () => {
              from.set(x.add(source.mul(run).shl(2)));
              forEachWidth(left, (width) => {
                put(width, load(width, from));
                from.set(from.add(4 * width));
              });
            },
            () => forEachWidth(left, (width) => put(width, zero())),
          );
          unit.set(unit.add(1));
        },
      );
    });
  },
);
