import {
  type F64,
  type I32,
  ifThen,
  kernel,
  loadF32,
  loadF64,
  loadV,
  loadV64,
  storeF64,
  storeV,
  type V128,
  whileDo,
} from "../wasm/assembler.js";
import { ROW_SUMS } from "./row_sums.js";

/** Two float64 lanes each; four, so that additions do not wait for each other. */
const VECTORS = ROW_SUMS / 2;

/**
 * Norms of rows that lie one after the other, or of their differences from a base row, in eight parts:
 *
 *   sums[m][j] += sum over the units u = j mod 8 of  w^2  or  |w|,    w = a[m][u] - base[u]
 *
 * where `order` is 2 or 1, `a` is `[rows][units]` float32, `base` is `[units]` float64, 0 for none. A row wider than the
 * memory is summed in pieces of a multiple of 8 units; the last may have any number. Then the order of every sum depends
 * on the width of the row alone. Differences, squares and sums are float64: a part has at most ceil(units / 8) terms, so
 * the norm from the parts is within (units / 8 + 6) 2^-53 of the exact one. Tiles: rows.
 */
export const rowSums = kernel(
  "row_sums",
  ["a", "units", "base", "sums", "order"],
  ({ field, begin, end, locals }) => {
    const [a, units, base, sums] = [field("a"), field("units"), field("base"), field("sums")];
    const squares = locals.i32(field("order").eq(2));
    const [at, other, to, left] = Array.from({ length: 4 }, () => locals.i32());
    const parts = Array.from({ length: VECTORS }, () => locals.v128());
    const [pair, value] = [locals.v128(), locals.f64()];

    /** Walks along a row and the base, if there is one: whole vectors, then the rest unit by unit. */
    const walk = (based: boolean, pairTerm: (w: V128) => V128, term: (w: F64) => F64): void => {
      const advance = (count: number): void => {
        at.set(at.add(4 * count));
        if (based) other.set(other.add(8 * count));
        left.set(left.sub(count));
      };
      for (const [i, part] of parts.entries()) part.set(loadV(to, 16 * i));
      whileDo(
        () => left.geU(ROW_SUMS),
        () => {
          for (const [i, part] of parts.entries()) {
            const x = loadV64(at, 8 * i).f64Promote();
            pair.set(based ? x.f64Sub(loadV(other, 16 * i)) : x);
            part.set(part.f64Add(pairTerm(pair)));
          }
          advance(ROW_SUMS);
        },
      );
      for (const [i, part] of parts.entries()) storeV(to, part, 16 * i);
      whileDo(
        () => left,
        () => {
          const x = loadF32(at).toF64();
          value.set(based ? x.sub(loadF64(other)) : x);
          storeF64(to, loadF64(to).add(term(value)));
          to.set(to.add(8));
          advance(1);
        },
      );
    };
    const walkInOrder = (based: boolean): void =>
      ifThen(
        squares,
        () =>
          walk(
            based,
            (w) => w.f64Mul(w),
            (w) => w.mul(w),
          ),
        () =>
          walk(
            based,
            (w) => w.f64Abs(),
            (w) => w.abs(),
          ),
      );
    const start = (row: I32): void => {
      at.set(a.add(row.mul(units).shl(2)));
      to.set(sums.add(row.mul(8 * ROW_SUMS)));
      other.set(base);
      left.set(units);
    };

    whileDo(
      () => begin.ltU(end),
      () => {
        start(begin);
        ifThen(
          base,
          () => walkInOrder(true),
          () => walkInOrder(false),
        );
        begin.set(begin.add(1));
      },
    );
  },
);
