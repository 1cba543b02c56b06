/**
 * exp, log and the normal distribution's tail on two float64 lanes, to a relative error below 2^-34: rounded to
 * float32 they are within 0.501 units in the last place. Coefficients are computed here, when kernels are built.
 */
import { f64Splat, type V128 } from "../wasm/assembler.js";

/** Keeps an expression in a local, so that using it twice does not compute it twice. */
export type Bind = (x: V128) => V128;

/**
 * `coefficients[0] + coefficients[1] x + ...` by Estrin's scheme: neighbours are joined by x, pairs by x^2 and so on,
 * which takes half the time of Horner's chain.
 */
export function polynomial(bind: Bind, x: V128, coefficients: readonly number[]): V128 {
  let terms: V128[] = coefficients.map((c) => f64Splat(c));
  for (let power = x; ; power = bind(power.f64Mul(power))) {
    terms = terms
      .filter((_, i) => i % 2 === 0)
      .map((term, i) => (2 * i + 1 < terms.length ? terms[2 * i + 1].f64Madd(power, term) : term));
    if (terms.length === 1) return terms[0];
  }
}

/** e^x neither overflows nor becomes denormal within; float32 has 0 and infinity far inside. */
const EXP_RANGE = 708;
/** Its ulp is 1, so adding it rounds to an integer and leaves that in the low bits. */
const ROUNDER = 1.5 * 2 ** 52;
/** ln 2 in two parts, the first short enough for exact products with the exponents of float64. */
const LN2_HIGH = 0x162e42fefa3 * 2 ** -41;
const LN2_LOW = Math.LN2 - LN2_HIGH;
/** 1 / k!: the remainder r^10 / 10! is below 2^-35 r for |r| <= ln 2 / 2. */
const EXP_SERIES = Array.from({ length: 10 }, (_, k) => 1 / factorial(k));

function factorial(k: number): number {
  return k < 2 ? 1 : k * factorial(k - 1);
}

/** `e^x` and `e^x - 1`, both to full relative accuracy. NaN stays NaN. */
export function exponential(bind: Bind, x: V128): { exp: V128; expm1: V128 } {
  const bounded = bind(x.f64Pmax(f64Splat(-EXP_RANGE)).f64Pmin(f64Splat(EXP_RANGE)));
  const rounded = bind(bounded.f64Madd(f64Splat(Math.LOG2E), f64Splat(ROUNDER)));
  const n = bind(rounded.f64Sub(f64Splat(ROUNDER)));
  // e^x = 2^n e^r with |r| <= ln 2 / 2.
  const r = bind(n.f64Madd(f64Splat(-LN2_LOW), n.f64Madd(f64Splat(-LN2_HIGH), bounded)));
  const power = bind(rounded.i64Shl(52).i64Add(f64Splat(1)));
  const scaled = bind(polynomial(bind, r, EXP_SERIES.slice(1)).f64Mul(r).f64Mul(power));
  return { exp: power.f64Add(scaled), expm1: power.f64Sub(f64Splat(1)).f64Add(scaled) };
}

/** `log(1 + e)` for 0 <= e <= 1, to full relative accuracy: 2 artanh(s), s = e / (2 + e) <= 1/3. */
export function log1p(bind: Bind, e: V128): V128 {
  const s = bind(e.f64Div(e.f64Add(f64Splat(2))));
  const square = bind(s.f64Mul(s));
  // The remainder s^20 / 21 is below 2^-36.
  const series = Array.from({ length: 10 }, (_, k) => 2 / (2 * k + 1));
  return polynomial(bind, square, series).f64Mul(s);
}

/** Where mantissas begin. */
const HALF_ROOT = f64Splat(Math.SQRT1_2);

/**
 * `log x` for every x that came from a float32, to full relative accuracy: -infinity at 0, NaN below it.
 *
 * @param terms of the series in s^2, s = (m - 1) / (m + 1), |s| <= 0.1716: the remainder is below 0.03^terms
 */
export function logarithm(bind: Bind, x: V128, terms = 8): V128 {
  // x = 2^e m, sqrt(1/2) <= m < sqrt(2), so that nothing cancels near 1.
  const e = bind(x.i64Sub(HALF_ROOT).i64ShrS(52));
  const m = bind(x.i64Sub(e.i64Shl(52)));
  const exponent = bind(e.i64Add(f64Splat(ROUNDER)).f64Sub(f64Splat(ROUNDER)));
  const s = bind(m.f64Sub(f64Splat(1)).f64Div(m.f64Add(f64Splat(1))));
  const square = bind(s.f64Mul(s));
  const series = Array.from({ length: terms }, (_, k) => 2 / (2 * k + 1));
  const found = bind(
    polynomial(bind, square, series)
      .f64Mul(s)
      .f64Add(exponent.f64Mul(f64Splat(Math.LN2))),
  );
  const negative = f64Splat(Number.NaN).select(f64Splat(-Infinity), bind(f64Splat(0).f64Gt(x)));
  const beyond = bind(x.select(negative, x.f64Gt(f64Splat(0))));
  const usual = x.f64Gt(f64Splat(0)).and(f64Splat(Infinity).f64Gt(x));
  // x + beyond is NaN where x is.
  return found.select(x.f64Add(beyond), usual);
}

/** Beyond it e^(-z^2 / 2), a factor of the tail, is 0 in float32. */
const TAIL_END = 15;
/** t = 1 / (1 + z / TAIL_SCALE) spreads the interval 0 .. TAIL_END so that a short polynomial in t fits. */
const TAIL_SCALE = 4;
/** The fit is then within 2^-35. */
const TAIL_DEGREE = 13;

/** `e^(z^2 / 2) (1 - Phi(z))` for z >= 0, Phi the normal distribution; constant beyond {@link TAIL_END}. */
export function normalTail(bind: Bind, z: V128): V128 {
  const low = 1 / (1 + TAIL_END / TAIL_SCALE);
  const [center, radius] = [(1 + low) / 2, (1 - low) / 2];
  const bounded = z.f64Pmin(f64Splat(TAIL_END));
  const t = f64Splat(TAIL_SCALE).f64Div(bounded.f64Add(f64Splat(TAIL_SCALE)));
  const u = bind(t.f64Sub(f64Splat(center)).f64Mul(f64Splat(1 / radius)));
  const fit = interpolant((u) => scaledTail(TAIL_SCALE / (center + radius * u) - TAIL_SCALE), TAIL_DEGREE);
  return polynomial(bind, u, fit);
}

/** `e^(z^2 / 2) (1 - Phi(z))`: by the power series of Phi near 0, else by Laplace's continued fraction. */
function scaledTail(z: number): number {
  const density = Math.exp((-z * z) / 2) / Math.sqrt(2 * Math.PI);
  if (z < 1.5) {
    let [term, sum] = [z, z];
    for (let k = 3; term > 1e-18 * sum; k += 2) {
      term *= (z * z) / k;
      sum += term;
    }
    return (0.5 - density * sum) * Math.exp((z * z) / 2);
  }
  let fraction = z;
  for (let k = 400; k > 0; k--) fraction = z + k / fraction;
  return 1 / (fraction * Math.sqrt(2 * Math.PI));
}

/** Coefficients of the polynomial that meets f at the Chebyshev points of [-1, 1]. */
function interpolant(f: (u: number) => number, degree: number): number[] {
  const n = degree + 1;
  const angles = Array.from({ length: n }, (_, i) => (Math.PI * (i + 0.5)) / n);
  const values = angles.map((angle) => f(Math.cos(angle)));
  const result = new Array<number>(n).fill(0);
  // T_0, T_1, and T_k+1 = 2 u T_k - T_k-1, as coefficients.
  let [previous, current] = [[1], [0, 1]];
  for (let k = 0; k < n; k++) {
    const mean = angles.reduce((sum, angle, i) => sum + values[i] * Math.cos(k * angle), 0) / n;
    for (const [i, c] of previous.entries()) result[i] += (k === 0 ? 1 : 2) * mean * c;
    const next = [0, ...current.map((c) => 2 * c)].map((c, i) => c - (previous[i] ?? 0));
    [previous, current] = [current, next];
  }
  return result;
}
