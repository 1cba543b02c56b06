import {
  ifThen,
  int,
  type KernelSource,
  kernel,
  loadSplat,
  loadV,
  storeLane,
  type V128,
  type Variable,
  whileDo,
  zero,
} from "../wasm/assembler.js";
import { forEachWidth, load, minU, store, type Width } from "../wasm/tiles.js";
import { REDUCED_COLUMNS } from "./wasm_tile.js";

/** Vectors of columns that are summed together: enough to hide the latency of an addition. */
const VECTORS = 4;

/**
 * `y[o][i] = factor * sum over 0 <= r < count of x[o][r][i]`, 0 <= i < inner.
 *
 * Over rising r where `inner` is above 1; a row of values side by side is summed in two vectors of four, which are then added
 * lane by lane, then what is left. y must not be x. Tiles: `[o][64 columns]`.
 */
export const reduceSum = kernel(
  "reduce_sum",
  ["x", "y", "count", "inner", "factor"],
  ({ field, lanes, begin, end, locals }) => {
    const [x, y, count, inner] = [field("x"), field("y"), field("count"), field("inner")];
    const factor = lanes("factor");
    const blocks = locals.i32(inner.add(REDUCED_COLUMNS - 1).divU(REDUCED_COLUMNS));
    const step = locals.i32(inner.shl(2));
    const [outer, first, from, to, left, at, terms] = Array.from({ length: 7 }, () => locals.i32());
    const sums = Array.from({ length: VECTORS }, () => locals.v128());

    const columns = (acc: readonly Variable<V128>[], width: Width): void => {
      const floats = width * acc.length;
      whileDo(
        () => left.geU(floats),
        () => {
          for (const sum of acc) sum.set(zero());
          at.set(from);
          terms.set(count);
          whileDo(
            () => terms,
            () => {
              for (const [v, sum] of acc.entries()) sum.set(sum.add(load(width, at, 16 * v)));
              at.set(at.add(step));
              terms.set(terms.sub(1));
            },
          );
          for (const [v, sum] of acc.entries()) store(width, to, sum.mul(factor), 16 * v);
          from.set(from.add(4 * floats));
          to.set(to.add(4 * floats));
          left.set(left.sub(floats));
        },
      );
    };
    const row = (): void => {
      const [even, odd] = sums;
      even.set(zero());
      odd.set(zero());
      left.set(count);
      whileDo(
        () => left.geU(8),
        () => {
          even.set(even.add(loadV(from)));
          odd.set(odd.add(loadV(from, 16)));
          from.set(from.add(32));
          left.set(left.sub(8));
        },
      );
      even.set(even.add(odd));
      even.set(even.add(even.shuffle(even, [2, 3, 0, 1])));
      even.set(even.add(even.shuffle(even, [1, 0, 3, 2])));
      whileDo(
        () => left,
        () => {
          even.set(even.add(loadSplat(from)));
          from.set(from.add(4));
          left.set(left.sub(1));
        },
      );
      storeLane(to, even.mul(factor), 0);
    };
    whileDo(
      () => begin.ltU(end),
      () => {
        outer.set(begin.divU(blocks));
        first.set(begin.remU(blocks).mul(REDUCED_COLUMNS));
        from.set(x.add(outer.mul(count).mul(step)).add(first.shl(2)));
        to.set(y.add(outer.mul(step)).add(first.shl(2)));
        ifThen(inner.eq(1), row, () => {
          left.set(minU(inner.sub(first), int(REDUCED_COLUMNS)));
          columns(sums, 4);
          columns(sums.slice(0, 1), 4);
          columns(sums.slice(0, 1), 1);
        });
        begin.set(begin.add(1));
      },
    );
  },
);

/**
 * `y[o][r][e] = factor * x[o][e]  (+ y[o][r][e] if accumulate)`, 0 <= e < run: the vjp of a sum, on cotangents of as many floats as
 * lanes. Tiles: pairs of o and r.
 */
export const repeatScaled: KernelSource = kernel(
  "repeat_scaled",
  ["x", "y", "count", "run", "factor", "accumulate"],
  ({ field, lanes, begin, end, locals }) => {
    const [x, y, count, run] = [field("x"), field("y"), field("count"), field("run")];
    const accumulate = field("accumulate");
    const factor = lanes("factor");
    const [from, to, left] = [locals.i32(), locals.i32(), locals.i32()];
    const value = locals.v128();
    to.set(y.add(begin.mul(run).shl(2)));
    whileDo(
      () => begin.ltU(end),
      () => {
        from.set(x.add(begin.divU(count).mul(run).shl(2)));
        left.set(run);
        forEachWidth(left, (width) => {
          value.set(load(width, from).mul(factor));
          ifThen(accumulate, () => value.set(value.add(load(width, to))));
          store(width, to, value);
          from.set(from.add(4 * width));
          to.set(to.add(4 * width));
        });
        begin.set(begin.add(1));
      },
    );
  },
);
