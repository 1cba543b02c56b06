import {
  ifThen,
  kernel,
  loadI32,
  loadSplat,
  madd,
  type V128,
  type Variable,
  whileDo,
  zero,
} from "../wasm/assembler.js";
import { load, store, type Width } from "../wasm/tiles.js";

/** Vectors of a pixel that are summed together: enough to hide the latency of a multiply-add. */
const VECTORS = 8;

/**
 * A sparse linear map on pixels that passes channels through, in rows of `starts` (CSR):
 *
 *   y[i][e] = sum over j, starts[i] <= j < starts[i + 1], of  factors[j] x[columns[j]][e]     0 <= e < run
 *             (+ y[i][e] if `accumulate`)
 *
 * Average pools, padding, cropping and resampling are such maps, and so are their vjps (the transposed map on
 * pixels of `channels x lanes` floats). A row without entries gives 0. `xStep` and `yStep` are the floats from a
 * pixel to the next. Summed in the order of j: error <= n u sum |factor x|, n entries, u = 2^-24. Tiles: rows i.
 */
export const pixelMap = kernel(
  "pixel_map",
  ["x", "y", "starts", "columns", "factors", "run", "xStep", "yStep", "accumulate"],
  ({ field, begin, end, locals, target }) => {
    const [x, y, starts] = [field("x"), field("y"), field("starts")];
    const [columns, factors, run] = [field("columns"), field("factors"), field("run")];
    const [xStep, yStep, accumulate] = [field("xStep"), field("yStep"), field("accumulate")];
    const xBytes = locals.i32(xStep.shl(2));
    const [first, last, j, from, pixel, to, left] = Array.from({ length: 7 }, () => locals.i32());
    const sums = Array.from({ length: VECTORS }, () => locals.v128());
    const factor = locals.v128();

    // `from` and `to` point at the same float of x's first pixel and of the output pixel.
    const step = (acc: readonly Variable<V128>[], width: Width): void => {
      const floats = width * acc.length;
      whileDo(
        () => left.geU(floats),
        () => {
          ifThen(
            accumulate,
            () => {
              for (const [v, sum] of acc.entries()) sum.set(load(width, to, 16 * v));
            },
            () => {
              for (const sum of acc) sum.set(zero());
            },
          );
          j.set(first);
          whileDo(
            () => j.ltU(last),
            () => {
              factor.set(loadSplat(factors.add(j)));
              pixel.set(from.add(loadI32(columns.add(j)).mul(xBytes)));
              for (const [v, sum] of acc.entries())
                sum.set(madd(target, factor, load(width, pixel, 16 * v), sum));
              j.set(j.add(4));
            },
          );
          for (const [v, sum] of acc.entries()) store(width, to, sum, 16 * v);
          from.set(from.add(4 * floats));
          to.set(to.add(4 * floats));
          left.set(left.sub(floats));
        },
      );
    };

    whileDo(
      () => begin.ltU(end),
      () => {
        const row = starts.add(begin.shl(2));
        first.set(loadI32(row).shl(2));
        last.set(loadI32(row, 4).shl(2));
        from.set(x);
        to.set(y.add(begin.mul(yStep).shl(2)));
        left.set(run);
        step(sums, 4);
        step(sums.slice(0, 1), 4);
        step(sums.slice(0, 1), 1);
        begin.set(begin.add(1));
      },
    );
  },
);
