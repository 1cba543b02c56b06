/** Parts of functions on two float64 lanes, in forms that neither overflow nor cancel. */
import { f64Splat, type V128 } from "../wasm/assembler.js";
import { type Bind, exponential } from "./wasm_series.js";

/** A function at x; `derivative` emits only when asked for. */
export interface Result {
  readonly value: V128;
  readonly derivative: () => V128;
}

/** alpha, beta: fields of the kernel, in both lanes. */
export type VectorFunction = (bind: Bind, x: V128, alpha: V128, beta: V128) => Result;

export const ONE = f64Splat(1);
export const ZERO = f64Splat(0);
export const min = (x: V128, bound: number): V128 => x.f64Pmin(f64Splat(bound));
export const max = (x: V128, bound: number): V128 => x.f64Pmax(f64Splat(bound));
/** x, at most `bound` from 0. */
export const within = (x: V128, bound: number): V128 => min(max(x, -bound), bound);

/** s(x) and s(-x), s(x) = 1 / (1 + e^-x). */
export function sigmoids(bind: Bind, x: V128): { s: V128; opposite: V128; e: V128 } {
  const e = bind(exponential(bind, x.f64Abs().f64Neg()).exp);
  const larger = bind(ONE.f64Div(ONE.f64Add(e)));
  const smaller = bind(larger.f64Mul(e));
  const positive = bind(x.f64Ge(ZERO));
  return { s: bind(larger.select(smaller, positive)), opposite: bind(smaller.select(larger, positive)), e };
}

/** The function that `Elu` and `Selu` scale. */
export const elu =
  (scale: number, fixedAlpha?: number): VectorFunction =>
  (bind, x, alphaField) => {
    const alpha = fixedAlpha === undefined ? alphaField : f64Splat(fixedAlpha);
    const { exp, expm1 } = exponential(bind, min(x, 0));
    return {
      // At -0 the value is x, at both zeros the derivative is that of the left side.
      value: x.select(alpha.f64Mul(expm1), x.f64Ge(ZERO)).f64Mul(f64Splat(scale)),
      derivative: () => ONE.select(alpha.f64Mul(exp), x.f64Gt(ZERO)).f64Mul(f64Splat(scale)),
    };
  };

/** `max(0, min(1, gate))`, and where 0 < gate < 1. */
export const clamped = (gate: V128): V128 => min(max(gate, 0), 1);
export const isInside = (gate: V128): V128 => gate.f64Gt(ZERO).and(ONE.f64Gt(gate));
