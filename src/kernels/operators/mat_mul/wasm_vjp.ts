import { UnitTile } from "../../conv/wasm_vjp_tile.js";
import { fastestUnits } from "../../conv/wasm_vjp_units.js";
import { type I32, ifThen, type KernelSource, kernel, selectI32, whileDo } from "../../wasm/assembler.js";
import { minU } from "../../wasm/tiles.js";

/**
 * The cotangents of an operand, K of them in the lanes, where g are those of the product and s is the other operand:
 *
 *   gx[h][p][q][k] = sum over 0 <= t < depth of  s[h][q][t] g[h][p][t][k]   (+ gx[h][p][q][k] if `accumulate`)
 *
 * All strides are in bytes, so that one kernel does for both operands, transposed or not. Rising t, whatever the tile. Every g
 * must be defined. Tiles: pairs of h and p.
 *
 * @param lanes cotangents of a unit that are computed, 4 n or 4 n + 2
 */
export function vjp(lanes: number): KernelSource {
  return kernel(
    `mat_mul_vjp_${lanes}`,
    [
      ...(["g", "s", "gx", "rows", "columns", "depth"] as const),
      ...(["gBatch", "gRow", "gDepth", "sBatch", "sColumn", "sDepth"] as const),
      ...(["xBatch", "xRow", "xColumn", "accumulate"] as const),
    ],
    ({ field, begin, end, locals, target }) => {
      const most = fastestUnits(lanes, target);
      const tile = new UnitTile(locals, target, lanes, most);
      const [g, s, gx] = [field("g"), field("s"), field("gx")];
      const [rows, columns, depth] = [field("rows"), field("columns"), field("depth")];
      const [gBatch, gRow, gDepth] = [field("gBatch"), field("gRow"), field("gDepth")];
      const [sBatch, sColumn, sDepth] = [field("sBatch"), field("sColumn"), field("sDepth")];
      const [xBatch, xRow, xColumn] = [field("xBatch"), field("xRow"), field("xColumn")];
      const accumulate = field("accumulate");
      const [batch, row, from, to, factors, left] = Array.from({ length: 6 }, () => locals.i32());
      const [cotangent, stop, here, count] = Array.from({ length: 4 }, () => locals.i32());
      const offset = Array.from({ length: most }, () => locals.i32());
      const place = Array.from({ length: most }, () => locals.i32());

      const computeColumns = (units: number): void => {
        for (let i = 0; i < units; i++) {
          offset[i].set(i === 0 ? 0 : offset[i - 1].add(sColumn));
          place[i].set(i === 0 ? to : place[i - 1].add(xColumn));
        }
        const address = (i: number): I32 => place[i];
        ifThen(
          accumulate,
          () => tile.load(units, address, undefined),
          () => tile.clear(units),
        );
        cotangent.set(from);
        here.set(factors);
        stop.set(depth);
        whileDo(
          () => stop,
          (leaveIf) => {
            tile.multiply(
              units,
              cotangent,
              (i) => here.add(offset[i]),
              // No cotangent lies at such an address.
              (n) => leaveIf(cotangent.eq(n)),
            );
            cotangent.set(cotangent.add(gDepth));
            here.set(here.add(sDepth));
            stop.set(stop.sub(1));
          },
        );
        tile.store(units, address);
      };
      const byCount = (units: number): void => {
        if (units === 1) computeColumns(1);
        else
          ifThen(
            count.eq(units),
            () => computeColumns(units),
            () => byCount(units - 1),
          );
      };
      whileDo(
        () => begin.ltU(end),
        () => {
          batch.set(begin.divU(rows));
          row.set(begin.remU(rows));
          from.set(g.add(batch.mul(gBatch)).add(row.mul(gRow)));
          factors.set(s.add(batch.mul(sBatch)));
          to.set(gx.add(batch.mul(xBatch)).add(row.mul(xRow)));
          left.set(columns);
          whileDo(
            () => left,
            () => {
              // One more than fits goes by halves: a tile of one takes almost as long as a full one.
              const fits = selectI32(left.eq(most + 1), Math.ceil((most + 1) / 2), most);
              count.set(minU(left, fits));
              byCount(most);
              factors.set(factors.add(count.mul(sColumn)));
              to.set(to.add(count.mul(xColumn)));
              left.set(left.sub(count));
            },
          );
          begin.set(begin.add(1));
        },
      );
    },
  );
}
