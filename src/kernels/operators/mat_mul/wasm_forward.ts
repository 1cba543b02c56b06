import { ifThen, int, kernel, loadSplat, madd, whileDo, zero } from "../../wasm/assembler.js";
import { load, minU, store, type Width } from "../../wasm/tiles.js";
import { FORWARD_ROWS } from "./wasm_tile.js";

/** Vectors of a row. */
const VECTORS = 2;

/**
 * `y[h][m][n] = sum_k a[h][m][k] b[h][k][n]`, row-major, y without gaps.
 *
 * Registers hold 4 rows by 8 columns, then 4 columns, then single ones. `aBatch` and `bBatch` are the bytes from a product's
 * operand to the next. Every sum goes over rising k, whatever the tile. y must be neither operand. Tiles: 4 rows of a product.
 */
export const forward = kernel(
  "mat_mul_forward",
  ["a", "b", "y", "aBatch", "bBatch", "rows", "columns", "depth"],
  ({ field, begin, end, locals, target }) => {
    const [a, b, y] = [field("a"), field("b"), field("y")];
    const [aBatch, bBatch] = [field("aBatch"), field("bBatch")];
    const [rows, columns, depth] = [field("rows"), field("columns"), field("depth")];
    const tiles = locals.i32(rows.add(FORWARD_ROWS - 1).divU(FORWARD_ROWS));
    const [aRow, yRow] = [locals.i32(depth.shl(2)), locals.i32(columns.shl(2))];
    const [batch, first, count, from, to, panel] = Array.from({ length: 6 }, () => locals.i32());
    const [left, at, term] = Array.from({ length: 3 }, () => locals.i32());
    const factors = Array.from({ length: FORWARD_ROWS }, () => locals.i32());
    const sums = Array.from({ length: FORWARD_ROWS }, () =>
      Array.from({ length: VECTORS }, () => locals.v128()),
    );
    const values = Array.from({ length: VECTORS }, () => locals.v128());
    const factor = locals.v128();

    /** `count` rows from `from` by so many columns at `panel`, to `to`. */
    const block = (count: number, vectors: number, width: Width): void => {
      for (let m = 0; m < count; m++) {
        factors[m].set(m === 0 ? from : factors[m - 1].add(aRow));
        for (let v = 0; v < vectors; v++) sums[m][v].set(zero());
      }
      at.set(panel);
      term.set(depth);
      whileDo(
        () => term,
        () => {
          for (let v = 0; v < vectors; v++) values[v].set(load(width, at, 16 * v));
          for (let m = 0; m < count; m++) {
            factor.set(loadSplat(factors[m]));
            for (let v = 0; v < vectors; v++) sums[m][v].set(madd(target, factor, values[v], sums[m][v]));
            factors[m].set(factors[m].add(4));
          }
          at.set(at.add(yRow));
          term.set(term.sub(1));
        },
      );
      at.set(to);
      for (let m = 0; m < count; m++) {
        for (let v = 0; v < vectors; v++) store(width, at, sums[m][v], 16 * v);
        if (m + 1 < count) at.set(at.add(yRow));
      }
    };
    /** All columns of so many rows. */
    const strip = (count: number): void => {
      left.set(columns);
      for (const [vectors, width] of [
        [VECTORS, 4],
        [1, 4],
        [1, 1],
      ] as const) {
        const floats = vectors * width;
        whileDo(
          () => left.geU(floats),
          () => {
            block(count, vectors, width);
            panel.set(panel.add(4 * floats));
            to.set(to.add(4 * floats));
            left.set(left.sub(floats));
          },
        );
      }
    };
    const byCount = (n: number): void => {
      if (n === 1) strip(1);
      else
        ifThen(
          count.eq(n),
          () => strip(n),
          () => byCount(n - 1),
        );
    };
    whileDo(
      () => begin.ltU(end),
      () => {
        batch.set(begin.divU(tiles));
        first.set(begin.remU(tiles).mul(FORWARD_ROWS));
        count.set(minU(rows.sub(first), int(FORWARD_ROWS)));
        from.set(a.add(batch.mul(aBatch)).add(first.mul(aRow)));
        panel.set(b.add(batch.mul(bBatch)));
        to.set(y.add(batch.mul(rows).add(first).mul(yRow)));
        byCount(FORWARD_ROWS);
        begin.set(begin.add(1));
      },
    );
  },
);
