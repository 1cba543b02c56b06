/**
 * Element-wise functions (`reference.ts` of each operator) and their derivatives:
 *
 *   y[u] = f(x[u]), derivative[u] = f'(x[u]) unless `derivative` is 0
 *
 * `slope` and `period` are of PRelu only: its slope at u is `slope[u mod period]`. y may be x. Tiles: 1024 units.
 *
 * Functions that are linear between their kinks are computed in float32: exact but for that product. The others are
 * computed in float64 and rounded once: |error| <= 1.001 u |y| + 2^-150, u = 2^-24, for y, and for the derivative
 * <= 1.001 u |f'| + 2^-35 max(1, |alpha|), as some derivatives cross zero. An infinite x gives the limit of f and f'.
 * NaN gives NaN.
 */
import {
  type Frame,
  ifThen,
  type KernelSource,
  kernel,
  loadF32,
  loadSplat,
  loadV64,
  splat,
  storeLane,
  storeV64,
  type V128,
  type Variable,
  whileDo,
} from "../wasm/assembler.js";
import { cycle, forEachTile, forEachWidth, load, minU, store } from "../wasm/tiles.js";
import type { VectorFunction } from "./wasm_functions.js";
import type { Bind } from "./wasm_series.js";

const FIELDS = ["x", "y", "derivative", "units", "alpha", "beta", "slope", "period"] as const;
type Field = (typeof FIELDS)[number];

/** The kernel of a function that is computed two units at a time in float64. */
export function transcendental(name: string, f: VectorFunction): KernelSource {
  return kernel(`element_wise_${name}`, FIELDS, ({ field, lanes, begin, end, locals }) => {
    const [x, y, derivative] = [field("x"), field("y"), field("derivative")];
    const alpha = locals.v128(lanes("alpha").f64Promote());
    const beta = locals.v128(lanes("beta").f64Promote());
    const [at, left, step] = [locals.i32(), locals.i32(), locals.i32()];
    const [value, result] = [locals.v128(), locals.v128()];
    const bind: Bind = (e) => locals.v128(e);
    const put = (to: typeof x, v: V128): void => {
      result.set(v.f64Demote());
      ifThen(
        left.geU(2),
        () => storeV64(to.add(at), result),
        () => storeLane(to.add(at), result, 0),
      );
    };
    forEachTile({ begin, end, locals }, field("units"), 1024, (unit, stop) => {
      at.set(unit.shl(2));
      left.set(stop.sub(unit));
      whileDo(
        () => left,
        () => {
          ifThen(
            left.geU(2),
            () => value.set(loadV64(x.add(at)).f64Promote()),
            () => value.set(loadSplat(x.add(at)).f64Promote()),
          );
          const { value: fx, derivative: slope } = f(bind, value, alpha, beta);
          put(y, fx);
          ifThen(derivative, () => put(derivative, slope()));
          step.set(2);
          step.set(minU(step, left));
          left.set(left.sub(step));
          at.set(at.add(8));
        },
      );
    });
  });
}

/** A function that is linear between its kinks, on four units. */
export interface Piecewise {
  readonly value: (x: V128, alpha: V128) => V128;
  readonly derivative: (x: V128, alpha: V128) => V128;
}

/** `x > 0 ? x : alpha x`. */
export const leaky: Piecewise = {
  value: (x, alpha) => x.select(x.mul(alpha), x.gt(splat(0))),
  derivative: (x, alpha) => splat(1).select(alpha, x.gt(splat(0))),
};

/** 1 above 0, -1 below it; zeros and NaN stay. */
export const signOf = (x: V128): V128 =>
  splat(1)
    .or(x.and(splat(-0)))
    .select(x, x.gt(splat(0)).or(x.lt(splat(0))));

/** The kernel of a piecewise linear function, four units at a time in float32; `parameters` gives the alphas. */
export function piecewise(
  name: string,
  f: Piecewise,
  parameters: (frame: Frame<Field>) => Parameters,
): KernelSource {
  return kernel(`element_wise_${name}`, FIELDS, (frame) => {
    const { field, begin, end, locals } = frame;
    const [x, y, derivative] = [field("x"), field("y"), field("derivative")];
    const [at, left, value] = [locals.i32(), locals.i32(), locals.v128()];
    const { alpha, start, next } = parameters(frame);
    forEachTile({ begin, end, locals }, field("units"), 1024, (unit, stop) => {
      at.set(unit.shl(2));
      left.set(stop.sub(unit));
      start(unit);
      forEachWidth(left, (width) => {
        next(width);
        value.set(load(width, x.add(at)));
        store(width, y.add(at), f.value(value, alpha));
        ifThen(derivative, () => store(width, derivative.add(at), f.derivative(value, alpha)));
        at.set(at.add(4 * width));
      });
    });
  });
}

interface Parameters {
  /** Of the units that come next. */
  readonly alpha: V128;
  readonly start: (unit: Variable<ReturnType<typeof minU>>) => void;
  readonly next: (width: 4 | 1) => void;
}

/** The field `alpha` for every unit. */
export const oneAlpha = ({ lanes }: Frame<Field>): Parameters => ({
  alpha: lanes("alpha"),
  start: () => {},
  next: () => {},
});

/** `slope[u mod period]`, of PRelu. */
export function slopes({ field, locals }: Frame<Field>): Parameters {
  const slope = field("slope");
  const phase = cycle(locals, field("period"));
  const alpha = locals.v128();
  return {
    alpha,
    start: phase.start,
    next: (width) => {
      for (const lane of width === 4 ? ([0, 1, 2, 3] as const) : ([0] as const)) {
        alpha.set(alpha.withLane(lane, loadF32(slope.add(phase.at))));
        phase.advance();
      }
    },
  };
}
