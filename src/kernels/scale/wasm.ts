import {
  i32Splat,
  ifThen,
  type KernelSource,
  kernel,
  loadSplat,
  loadV,
  splat,
  storeV,
  whileDo,
} from "../wasm/assembler.js";
import { cycle, forEachTile, isLive } from "../wasm/tiles.js";

/**
 * Scales the K cotangents of a unit: the vjp of everything element-wise, and the way to a masked copy or sum of cotangents:
 *
 *   gx[u][k] = live(u) gy[u][k] factor[u mod period]  (+ gx[u][k] if `accumulate`)
 *
 * A unit is live if `yLow < yValues[u] < yHigh`, or always if `yValues` is 0; gy need not be defined elsewhere.
 * `factor` 0 stands for all ones. gx may be gy, except to accumulate. Tiles: 256 units.
 */
export function scaleLanes(vectors: number): KernelSource {
  return kernel(
    `scale_lanes_${4 * vectors}`,
    ["gy", "yValues", "yLow", "yHigh", "gx", "factor", "period", "units", "accumulate"],
    ({ field, lanes, begin, end, locals }) => {
      const [gy, yValues, gx, factor] = [field("gy"), field("yValues"), field("gx"), field("factor")];
      const [units, accumulate] = [field("units"), field("accumulate")];
      const [low, high] = [lanes("yLow"), lanes("yHigh")];
      const phase = cycle(locals, field("period"));
      const at = locals.i32();
      const live = locals.v128(i32Splat(-1));
      const f = locals.v128(splat(1));
      const g = locals.v128();
      forEachTile({ begin, end, locals }, units, 256, (unit, stop) => {
        at.set(unit.mul(16 * vectors));
        ifThen(factor, () => phase.start(unit));
        whileDo(
          () => unit.ltU(stop),
          () => {
            ifThen(yValues, () => {
              live.set(loadSplat(yValues.add(unit.shl(2))));
              live.set(isLive(live, low, high));
            });
            ifThen(factor, () => {
              f.set(loadSplat(factor.add(phase.at)));
              phase.advance();
            });
            for (let v = 0; v < vectors; v++) {
              g.set(
                loadV(gy.add(at), 16 * v)
                  .mul(f)
                  .and(live),
              );
              ifThen(accumulate, () => g.set(g.add(loadV(gx.add(at), 16 * v))));
              storeV(gx.add(at), g, 16 * v);
            }
            at.set(at.add(16 * vectors));
            unit.set(unit.add(1));
          },
        );
      });
    },
  );
}
