import { i32Splat, ifThen, kernel, loadSplat, splat, whileDo } from "../wasm/assembler.js";
import { forEachTile, isLive, load, store, type Width } from "../wasm/tiles.js";

/**
 * `scale_lanes` for one cotangent, units in the lanes:
 *
 *   gx[u] = live(u) gy[u] factor[u mod period]  (+ gx[u] if `accumulate`)
 *
 * Four at a time where the factors are none, or one, or come in fours. gx may be gy, except to accumulate. Tiles: 256 units.
 */
export const scaleSingle = kernel(
  "scale_lanes_1",
  ["gy", "yValues", "yLow", "yHigh", "gx", "factor", "period", "units", "accumulate"],
  ({ field, lanes, begin, end, locals }) => {
    const [gy, yValues, gx, factor] = [field("gy"), field("yValues"), field("gx"), field("factor")];
    const [period, accumulate] = [field("period"), field("accumulate")];
    const [low, high] = [lanes("yLow"), lanes("yHigh")];
    const [at, phase, periodBytes] = [locals.i32(), locals.i32(), locals.i32(period.shl(2))];
    const live = locals.v128(i32Splat(-1));
    const f = locals.v128(splat(1));
    const g = locals.v128();
    // One factor for all, or none, is loaded once.
    const varying = locals.i32(period.ne(1).and(factor.ne(0)));
    const fours = locals.i32(varying.eqz().or(period.and(3).eqz()));
    ifThen(factor, () => f.set(loadSplat(factor)));
    const units = (width: Width): void => {
      ifThen(yValues, () => live.set(isLive(load(width, yValues.add(at)), low, high)));
      ifThen(varying, () => {
        f.set(load(width, factor.add(phase)));
        phase.set(phase.add(4 * width));
        ifThen(phase.eq(periodBytes), () => phase.set(0));
      });
      g.set(load(width, gy.add(at)).mul(f).and(live));
      ifThen(accumulate, () => g.set(g.add(load(width, gx.add(at)))));
      store(width, gx.add(at), g);
      at.set(at.add(4 * width));
    };
    forEachTile({ begin, end, locals }, field("units"), 256, (unit, stop) => {
      at.set(unit.shl(2));
      ifThen(varying, () => phase.set(unit.remU(period).shl(2)));
      stop.set(stop.shl(2));
      ifThen(fours, () =>
        whileDo(
          () => at.add(16).leU(stop),
          () => units(4),
        ),
      );
      whileDo(
        () => at.ltU(stop),
        () => units(1),
      );
    });
  },
);
