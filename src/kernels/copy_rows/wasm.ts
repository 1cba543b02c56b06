import { ifThen, kernel, whileDo } from "../wasm/assembler.js";
import { forEachTile, forEachWidth, load, store } from "../wasm/tiles.js";

/**
 * Copies rows of floats from one pitch to another: concatenation, slices of channels, and their vjps.
 *
 *   y[i yStep + e] = x[i xStep + e]     0 <= i < rows, 0 <= e < run       (+ y if `accumulate`)
 *
 * x and y must not overlap. Exact. Tiles: 64 rows.
 */
export const copyRows = kernel(
  "copy_rows",
  ["x", "y", "rows", "run", "xStep", "yStep", "accumulate"],
  ({ field, begin, end, locals }) => {
    const [x, y, rows, run] = [field("x"), field("y"), field("rows"), field("run")];
    const [xStep, yStep, accumulate] = [field("xStep"), field("yStep"), field("accumulate")];
    const [from, to, left] = Array.from({ length: 3 }, () => locals.i32());
    const value = locals.v128();
    forEachTile({ begin, end, locals }, rows, 64, (row, stop) => {
      whileDo(
        () => row.ltU(stop),
        () => {
          from.set(x.add(row.mul(xStep).shl(2)));
          to.set(y.add(row.mul(yStep).shl(2)));
          left.set(run);
          forEachWidth(left, (width) => {
            value.set(load(width, from));
            ifThen(accumulate, () => value.set(value.add(load(width, to))));
            store(width, to, value);
            from.set(from.add(4 * width));
            to.set(to.add(4 * width));
          });
          row.set(row.add(1));
        },
      );
    });
  },
);
