import {
  ifThen,
  kernel,
  loadF32,
  loadSplat,
  loadV,
  splat,
  storeLane,
  storeV,
  type V128,
  whileDo,
} from "../wasm/assembler.js";
import { cycle, forEachTile } from "../wasm/tiles.js";

/**
 * Gradients out of the lanes, as the rows of a Jacobian in the space of images:
 *
 *   y[k][u] = g[u][k] scale[u mod period]      0 <= k < count <= lanes, 0 <= u < units
 *
 * `scale` is the slope of the input transform, 0 for none. `lanes` is a multiple of 4. Transposes 4 units by 4 lanes
 * in registers. One rounding. Tiles: 256 units.
 */
export const jacobianRows = kernel(
  "jacobian_rows",
  ["g", "lanes", "count", "y", "units", "scale", "period"],
  ({ field, begin, end, locals }) => {
    const [g, lanes, count, y] = [field("g"), field("lanes"), field("count"), field("y")];
    const [units, scale] = [field("units"), field("scale")];
    const phase = cycle(locals, field("period"));
    const [unitBytes, rowBytes] = [locals.i32(lanes.shl(2)), locals.i32(units.shl(2))];
    const [from, to, k] = [locals.i32(), locals.i32(), locals.i32()];
    const four = Array.from({ length: 4 }, () => locals.v128());
    const pairs = Array.from({ length: 4 }, () => locals.v128());
    const scales = locals.v128(splat(1));

    const transposed = (row: number): V128 => {
      const [a, b] = row < 2 ? [pairs[0], pairs[2]] : [pairs[1], pairs[3]];
      return a.shuffle(b, row % 2 === 0 ? [0, 1, 4, 5] : [2, 3, 6, 7]);
    };
    const block = (): void => {
      for (const [i, v] of four.entries()) v.set(loadV(i === 0 ? from : from.add(unitBytes.mul(i))));
      for (const [i, p] of pairs.entries()) {
        const [a, b] = i < 2 ? [four[0], four[1]] : [four[2], four[3]];
        p.set(a.shuffle(b, i % 2 === 0 ? [0, 4, 1, 5] : [2, 6, 3, 7]));
      }
      for (let row = 0; row < 4; row++)
        ifThen(k.add(row).ltU(count), () => {
          storeV(to, transposed(row).mul(scales));
          to.set(to.add(rowBytes));
        });
    };

    forEachTile({ begin, end, locals }, units, 256, (unit, stop) => {
      ifThen(scale, () => phase.start(unit));
      const start = (): void => {
        from.set(g.add(unit.mul(unitBytes)));
        to.set(y.add(unit.shl(2)));
        k.set(0);
      };
      whileDo(
        () => unit.add(4).leU(stop),
        () => {
          ifThen(scale, () => {
            for (const lane of [0, 1, 2, 3] as const) {
              scales.set(scales.withLane(lane, loadF32(scale.add(phase.at))));
              phase.advance();
            }
          });
          start();
          whileDo(
            () => k.ltU(count),
            () => {
              block();
              from.set(from.add(16));
              k.set(k.add(4));
            },
          );
          unit.set(unit.add(4));
        },
      );
      whileDo(
        () => unit.ltU(stop),
        () => {
          ifThen(scale, () => {
            scales.set(loadSplat(scale.add(phase.at)));
            phase.advance();
          });
          start();
          whileDo(
            () => k.ltU(count),
            () => {
              storeLane(to, loadSplat(from).mul(scales), 0);
              from.set(from.add(4));
              to.set(to.add(rowBytes));
              k.set(k.add(1));
            },
          );
          unit.set(unit.add(1));
        },
      );
    });
  },
);
