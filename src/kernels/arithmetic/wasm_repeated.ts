import { ifThen, int, type KernelSource, kernel, loadSplat, madd, whileDo, zero } from "../wasm/assembler.js";
import type { Stride } from "../wasm/lowering.js";
import { load, minU, store, type Width } from "../wasm/tiles.js";
import { REPEATED_UNITS } from "./wasm_tile.js";

/**
 * The share of an operand that is repeated along rows, a gate of each channel say, in the cotangents of a sum or product:
 *
 *   gx[i][k] = sum over 0 <= r < rows of  factor[r][i] gy[r][i][k]   (+ gx[i][k] if `accumulate`)
 *
 * 0 <= i < inner; `factorRow` is the bytes from a row of factors to the next, 0 where all rows have the same. Every gy must be
 * defined. Rising r. Tiles: 16 units.
 */
export function sumRepeated(stride: Stride): KernelSource {
  return kernel(
    `sum_repeated_${stride}`,
    ["gy", "factor", "gx", "factorRow", "rows", "inner", "accumulate"],
    ({ field, begin, end, locals, target }) => {
      const [gy, factor, gx] = [field("gy"), field("factor"), field("gx")];
      const [rows, inner, accumulate] = [field("rows"), field("inner"), field("accumulate")];
      const [unit, left, from, weight, to, terms] = Array.from({ length: 6 }, () => locals.i32());
      const [weightRow, row] = [field("factorRow"), locals.i32(inner.mul(4 * stride))];
      const sums = Array.from({ length: Math.max(4, stride) }, () => locals.v128());
      const times = locals.v128();

      /** So many units, or one cotangent by itself of so many times `width`. */
      const block = (units: number, width: Width): void => {
        const vectors = Math.max(1, stride / 4);
        const own = sums.slice(0, units * vectors);
        for (const sum of own) sum.set(zero());
        from.set(gy.add(unit.mul(4 * stride)));
        weight.set(factor.add(unit.shl(2)));
        terms.set(rows);
        const step = 4 * width;
        whileDo(
          () => terms,
          () => {
            for (const [n, sum] of own.entries()) {
              if (stride === 1) times.set(load(width, weight, step * n));
              else if (n % vectors === 0) times.set(loadSplat(weight, (4 * n) / vectors));
              sum.set(madd(target, times, load(width, from, step * n), sum));
            }
            from.set(from.add(row));
            weight.set(weight.add(weightRow));
            terms.set(terms.sub(1));
          },
        );
        to.set(gx.add(unit.mul(4 * stride)));
        own.forEach((sum, n) => {
          ifThen(accumulate, () => sum.set(sum.add(load(width, to, step * n))));
          store(width, to, sum, step * n);
        });
        const done = stride === 1 ? units * width : units;
        unit.set(unit.add(done));
        left.set(left.sub(done));
      };
      whileDo(
        () => begin.ltU(end),
        () => {
          unit.set(begin.mul(REPEATED_UNITS));
          left.set(minU(inner.sub(unit), int(REPEATED_UNITS)));
          whileDo(
            () => left.geU(stride === 1 ? 16 : 4),
            () => block(4, 4),
          );
          if (stride === 1)
            whileDo(
              () => left.geU(4),
              () => block(1, 4),
            );
          whileDo(
            () => left,
            () => block(1, stride === 1 ? 1 : 4),
          );
          begin.set(begin.add(1));
        },
      );
    },
  );
}
