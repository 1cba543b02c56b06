import { ifThen, kernel, whileDo } from "../wasm/assembler.js";
import { forEachWidth, load, store } from "../wasm/tiles.js";

/**
 * Moves runs of floats along four axes with a stride each: transposition, steps, windows of an image, and their vjps, without
 * an index of every unit.
 *
 *   y[sum_a i_a y<a> + e] = x[sum_a i_a x<a> + e]     0 <= i_a < n<a>, 0 <= e < run       (+ y if `accumulate`)
 *
 * Strides are in bytes and may be negative. No two runs of y may overlap, nor x and y. Exact. Tiles: n0 n1.
 */
export const copyStrided = kernel(
  "copy_strided",
  ["x", "y", "n0", "n1", "n2", "n3", "x0", "x1", "x2", "x3", "y0", "y1", "y2", "y3", "run", "accumulate"],
  ({ field, begin, end, locals }) => {
    const [x, y, n1, run, accumulate] = [
      field("x"),
      field("y"),
      field("n1"),
      field("run"),
      field("accumulate"),
    ];
    const axes = ([2, 3] as const).map((a) => ({
      count: field(`n${a}`),
      xStep: field(`x${a}`),
      yStep: field(`y${a}`),
      rest: locals.i32(),
      from: locals.i32(),
      to: locals.i32(),
    }));
    const [x0, x1, y0, y1] = [field("x0"), field("x1"), field("y0"), field("y1")];
    const [i0, i1, from, to, left] = Array.from({ length: 5 }, () => locals.i32());
    const value = locals.v128();
    const [rows, columns] = axes;
    whileDo(
      () => begin.ltU(end),
      () => {
        i0.set(begin.divU(n1));
        i1.set(begin.remU(n1));
        rows.from.set(x.add(i0.mul(x0)).add(i1.mul(x1)));
        rows.to.set(y.add(i0.mul(y0)).add(i1.mul(y1)));
        rows.rest.set(rows.count);
        whileDo(
          () => rows.rest,
          () => {
            columns.from.set(rows.from);
            columns.to.set(rows.to);
            columns.rest.set(columns.count);
            whileDo(
              () => columns.rest,
              () => {
                from.set(columns.from);
                to.set(columns.to);
                left.set(run);
                forEachWidth(left, (width) => {
                  value.set(load(width, from));
                  ifThen(accumulate, () => value.set(value.add(load(width, to))));
                  store(width, to, value);
                  from.set(from.add(4 * width));
                  to.set(to.add(4 * width));
                });
                columns.from.set(columns.from.add(columns.xStep));
                columns.to.set(columns.to.add(columns.yStep));
                columns.rest.set(columns.rest.sub(1));
              },
            );
            rows.from.set(rows.from.add(rows.xStep));
            rows.to.set(rows.to.add(rows.yStep));
            rows.rest.set(rows.rest.sub(1));
          },
        );
        begin.set(begin.add(1));
      },
    );
  },
);
