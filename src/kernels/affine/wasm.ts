import { ifThen, int, kernel, loadF32, loadV, madd, storeV, type V128, whileDo } from "../wasm/assembler.js";
import { clamp, cycle, forEachTile, forEachWidth, load, minU, store } from "../wasm/tiles.js";

/** Units between repetitions of every pattern of 1, 2, 3, 4, 6 or 12 scales: whole vectors, one pixel of RGB. */
const PATTERN = 12;

/**
 * Scale, shift and clamp: batch normalisation that could not be folded, input normalisation, a clamp alone.
 *
 *   y[u] = clamp(x[u] scale[u mod period] + offset[u mod period], low, high)
 *
 * y may be x. NaN stays NaN. One rounding where the target fuses, else two: error <= 2u |x scale| + u |y|,
 * u = 2^-24. Tiles: 1024 units.
 */
export const affine = kernel(
  "affine",
  ["x", "scale", "offset", "y", "units", "period", "low", "high"],
  ({ field, lanes, begin, end, locals, target }) => {
    const [x, scale, offset, y] = [field("x"), field("scale"), field("offset"), field("y")];
    const [units, period] = [field("units"), field("period")];
    const [low, high] = [lanes("low"), lanes("high")];
    const phase = cycle(locals, period);
    const [at, left] = [locals.i32(), locals.i32()];
    const patterns = Array.from({ length: PATTERN / 4 }, () => [locals.v128(), locals.v128()] as const);
    const transformed = (v: V128, s: V128, o: V128): V128 => clamp(madd(target, v, s, o), low, high);

    // A short period would leave no whole vectors, so its scales are laid out once as vectors.
    const patterned = (): void => {
      for (const [s, o] of patterns)
        for (const lane of [0, 1, 2, 3] as const) {
          s.set(s.withLane(lane, loadF32(scale.add(phase.at))));
          o.set(o.withLane(lane, loadF32(offset.add(phase.at))));
          phase.advance();
        }
      whileDo(
        () => left.geU(PATTERN),
        () => {
          for (const [i, [s, o]] of patterns.entries())
            storeV(y.add(at), transformed(loadV(x.add(at), 16 * i), s, o), 16 * i);
          at.set(at.add(4 * PATTERN));
          left.set(left.sub(PATTERN));
        },
      );
    };

    forEachTile({ begin, end, locals }, units, 1024, (unit, stop) => {
      const run = locals.i32();
      at.set(unit.shl(2));
      left.set(stop.sub(unit));
      phase.start(unit);
      ifThen(int(PATTERN).remU(period).eqz(), patterned);
      whileDo(
        () => left,
        () => {
          run.set(minU(left, phase.bytes.sub(phase.at).shrU(2)));
          left.set(left.sub(run));
          forEachWidth(run, (width) => {
            const [s, o] = [load(width, scale.add(phase.at)), load(width, offset.add(phase.at))];
            store(width, y.add(at), transformed(load(width, x.add(at)), s, o));
            at.set(at.add(4 * width));
            phase.at.set(phase.at.add(4 * width));
          });
          ifThen(phase.at.eq(phase.bytes), () => phase.at.set(0));
        },
      );
    });
  },
);
