import { UnitTile } from "../conv/wasm_vjp_tile.js";
import { fastestUnits } from "../conv/wasm_vjp_units.js";
import {
  doWhile,
  type I32,
  ifThen,
  int,
  type KernelSource,
  kernel,
  loadV,
  selectI32,
  storeV,
  threadScratch,
  whileDo,
} from "../wasm/assembler.js";
import { minU } from "../wasm/tiles.js";
import { CHUNK, PANEL } from "./panels.js";

/** Terms of a round of the inner loop. */
const UNROLL = 2;

/**
 * Products of matrices of which one has K cotangents in the lanes of every entry, all of them defined, and the other lies in
 * panels of 16 columns, `s[panel][t][16]`:
 *
 *   gx[h][p][q][k] = sum over 0 <= t < depth of  s[h][q / 16][t][q % 16] g[h][p][t][k]   (+ init[h][p][q][k])
 *
 * times `factor[h][p][q]`, the derivative of a function between the two, say; 0: times 1.
 *
 * so the vjp of a dense layer and of a product of two values, where `conv_vjp` would walk lists of what is all there. All
 * strides are in bytes; `init` 0 is none, and otherwise lies as gx does. Rising t, whatever the tile: the bits of
 * `conv_vjp`. Cotangents that lie further apart than a unit are brought together in the scratch, a chunk at a time.
 * Tiles: `[columns / block][h][p]`, `block` a multiple of 16 or all columns.
 *
 * @param lanes cotangents of a unit that are computed, 4 n or 4 n + 2
 */
export function panelVjp(lanes: number): KernelSource {
  return kernel(
    `panel_vjp_${lanes}`,
    [
      ...(["g", "s", "gx", "init", "factor", "rows", "columns", "block", "depth", "batches"] as const),
      ...(["gBatch", "gRow", "gDepth", "sBatch", "xBatch", "xRow", "xColumn", "scratch"] as const),
    ],
    ({ field, begin, end, locals, target }) => {
      const most = fastestUnits(lanes, target);
      const tile = new UnitTile(locals, target, lanes, most);
      const laneBytes = 16 * tile.vectors;
      const [g, s, gx, init] = [field("g"), field("s"), field("gx"), field("init")];
      const factors = field("factor");
      const [rows, columns, block] = [field("rows"), field("columns"), field("block")];
      const [depth, batches] = [field("depth"), field("batches")];
      const [gBatch, gRow, gDepth] = [field("gBatch"), field("gRow"), field("gDepth")];
      const [sBatch, xBatch, xRow, xColumn] = [
        field("sBatch"),
        field("xBatch"),
        field("xRow"),
        field("xColumn"),
      ];
      const scratch = locals.i32(field("scratch").add(threadScratch()));
      const pairs = locals.i32(rows.mul(batches));
      const panelBytes = locals.i32(depth.mul(4 * PANEL));
      const [batch, row, first, last, from, panels, to] = Array.from({ length: 7 }, () => locals.i32());
      const [chunk, terms, source, panel, column, left, inPanel] = Array.from({ length: 7 }, () =>
        locals.i32(),
      );
      const [cotangent, factor, term, count, at] = Array.from({ length: 5 }, () => locals.i32());
      const [start, scaled] = [locals.i32(), locals.i32()];
      const place = Array.from({ length: most }, () => locals.i32());

      const sumUnits = (units: number): void => {
        for (let i = 0; i < units; i++)
          place[i].set(i === 0 ? to.add(column.mul(xColumn)) : place[i - 1].add(xColumn));
        ifThen(
          start,
          () => tile.load(units, (i) => start.add(place[i]), undefined),
          () => tile.clear(units),
        );
        cotangent.set(source);
        factor.set(panel.add(inPanel.shl(2)));
        term.set(terms);
        const multiply = (n: number, leaveIf: (condition: I32) => void): void =>
          tile.multiply(
            units,
            cotangent,
            () => factor,
            // No cotangent lies at such an address.
            (cut) => leaveIf(cotangent.eq(4 * n + cut)),
            { cotangent: laneBytes * n, weight: (i) => 4 * (PANEL * n + i) },
          );
        // Rounds of several terms, where most of the work is, then of one.
        for (const terms of units === most ? [UNROLL, 1] : [1])
          whileDo(
            () => term.geU(terms),
            (leaveIf) => {
              for (let n = 0; n < terms; n++) multiply(n, leaveIf);
              cotangent.set(cotangent.add(terms * laneBytes));
              factor.set(factor.add(terms * 4 * PANEL));
              term.set(term.sub(terms));
            },
          );
        // Scalars lie as the units of gx do.
        ifThen(scaled, () => tile.scale(units, (i) => scaled.add(place[i].divU(laneBytes / 4))));
        tile.store(units, (i) => gx.add(place[i]));
      };
      /** Units that tiles are made for: each is a copy of all this code. */
      const sizes = [most, ...[4, 2, 1].filter((units) => units < most)];
      const bySize = ([units, ...others]: readonly number[]): void => {
        const take = (): void => {
          sumUnits(units);
          count.set(units);
        };
        if (others.length === 0) take();
        else ifThen(left.geU(units), take, () => bySize(others));
      };
      /** Brings the cotangents of the chunk together. */
      const gather = (): void => {
        at.set(source);
        source.set(scratch);
        cotangent.set(scratch);
        term.set(terms);
        doWhile(
          () => {
            for (let v = 0; v < tile.vectors; v++) storeV(cotangent, loadV(at, 16 * v), 16 * v);
            cotangent.set(cotangent.add(laneBytes));
            at.set(at.add(gDepth));
            term.set(term.sub(1));
          },
          () => term,
        );
      };
      whileDo(
        () => begin.ltU(end),
        () => {
          first.set(begin.divU(pairs).mul(block));
          last.set(minU(first.add(block), columns));
          row.set(begin.remU(pairs));
          batch.set(row.divU(rows));
          row.set(row.remU(rows));
          from.set(g.add(batch.mul(gBatch)).add(row.mul(gRow)));
          panels.set(s.add(batch.mul(sBatch)).add(first.divU(PANEL).mul(panelBytes)));
          to.set(batch.mul(xBatch).add(row.mul(xRow)));
          chunk.set(0);
          doWhile(
            () => {
              terms.set(minU(depth.sub(chunk), int(CHUNK)));
              // Sums go by way of gx from chunk to chunk; the last is what is scaled.
              start.set(selectI32(chunk, gx, init));
              scaled.set(selectI32(chunk.add(terms).eq(depth), factors, 0));
              source.set(from.add(chunk.mul(gDepth)));
              ifThen(gDepth.ne(laneBytes), gather);
              panel.set(panels.add(chunk.mul(4 * PANEL)));
              column.set(first);
              inPanel.set(0);
              doWhile(
                () => {
                  left.set(minU(last.sub(column), int(PANEL).sub(inPanel)));
                  // Four where three fit go by twos: a tile of one takes almost as long as a full one.
                  if (most === 3) left.set(selectI32(left.eq(4), 2, left));
                  bySize(sizes);
                  column.set(column.add(count));
                  inPanel.set(inPanel.add(count));
                  ifThen(inPanel.eq(PANEL), () => {
                    inPanel.set(0);
                    panel.set(panel.add(panelBytes));
                  });
                },
                () => column.ltU(last),
              );
              chunk.set(chunk.add(terms));
            },
            () => chunk.ltU(depth),
          );
          begin.set(begin.add(1));
        },
      );
    },
  );
}
