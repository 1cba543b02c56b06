/**
 * exp, log and the normal distribution's tail in float32, for WGSL: its own functions may be off by many units in the
 * last place. Only sums, products and quotients are used, and `fma` where it does not matter whether it rounds once. `T`
 * is f32 or vec4f, `I` the same of i32 and `N` of u32, and `is_nan` is there. NaN stays NaN in e^x, whoever compiles it.
 */

/** A constant, rounded to float32. */
export function constant(x: number): string {
  return `T(${Math.fround(x)})`;
}

/** `coefficients[0] + coefficients[1] x + ...` by Horner's scheme. */
export function polynomial(x: string, coefficients: readonly number[]): string {
  const [last, ...rest] = coefficients.map(constant).reverse();
  return rest.reduce((sum, c) => `fma(${sum}, ${x}, ${c})`, last);
}

/** Below it e^x is 0 here: it has no float32 of full precision. */
const EXP_END = -87;
/** Above it e^x is infinite. */
const EXP_TOP = 89;
/** ln 2 in two parts, the first short enough for exact products with exponents. */
const LN2_HIGH = 355 / 512;
const LN2_LOW = Math.LN2 - LN2_HIGH;
/** 1 / (k + 2)!: the remainder r^8 / 8! is below 2^-27 for |r| <= ln 2 / 2. */
const EXP_SERIES = [1 / 2, 1 / 6, 1 / 24, 1 / 120, 1 / 720, 1 / 5040];

/** 2 / (2 k + 1): the remainder s^16 / 17 is below 2^-29 for s <= 1/3. */
const LOG_SERIES = Array.from({ length: 8 }, (_, k) => 2 / (2 * k + 1));

/** Of the square root of 1/2. */
const HALF_ROOT_BITS = 0x3f3504f3;
/** The largest float32. */
const MOST = (2 - 2 ** -23) * 2 ** 127;

/** Beyond it e^(-z^2 / 2), a factor of the tail, is 0 here. */
const TAIL_END = 13.25;
/** t = 1 / (1 + z / TAIL_SCALE) spreads the interval 0 .. TAIL_END so that a short polynomial in t fits. */
const TAIL_SCALE = 4;
const TAIL_LOW = 1 / (1 + TAIL_END / TAIL_SCALE);
/**
 * `e^(z^2 / 2) (1 - Phi(z)) / t` through the Chebyshev points of u in [-1, 1], where t runs from TAIL_LOW to 1 linearly;
 * within 2^-26.
 */
const TAIL_SERIES: readonly number[] = [
  0.2298919604423341, 0.15758514562014816, 0.07922913749664884, 0.027822651006415705, 0.0057138764238601645,
  0.00006883886122140969, -0.000290148102457799, -0.00003788423945061403, 0.0000137367467768712,
  0.0000026878925959650247,
];

export const series = `
struct Exponential { exp: T, expm1: T }
/** e^(x + low) and e^(x + low) - 1 for x <= 0, low a small correction. */
fn exponential_sum(x: T, low: T) -> Exponential {
  let bounded = select(x, ${constant(EXP_END)}, x < ${constant(EXP_END)});
  let n = round(bounded * ${constant(Math.LOG2E)});
  // e^x = 2^n e^r with |r| <= ln 2 / 2. No remainder is above 1: this keeps a compiler from joining the two products
  // with n, as some do.
  let remainder = fma(n, ${constant(-LN2_HIGH)}, bounded);
  let r = fma(n, ${constant(-LN2_LOW)}, select(remainder, T(1), remainder > T(1))) + low;
  let m = fma(r * r, ${polynomial("r", EXP_SERIES)}, r);
  let power = bitcast<T>((I(n) + I(127)) << N(23));
  // Choices by comparisons may have lost it.
  let e = select(fma(power, m, power), x, is_nan(x));
  return Exponential(
    select(e, T(), x < ${constant(EXP_END)}),
    select(select(fma(power, m, power - T(1)), m, n == T()), x, is_nan(x)),
  );
}
fn exponential(x: T) -> Exponential { return exponential_sum(x, T()); }
/** e^x for any x, infinity where float32 has no more: the power of two in two factors, each within range. */
fn exponential_of(x: T) -> T {
  let raised = select(x, ${constant(EXP_END)}, x < ${constant(EXP_END)});
  let bounded = select(raised, ${constant(EXP_TOP)}, raised > ${constant(EXP_TOP)});
  let n = round(bounded * ${constant(Math.LOG2E)});
  let remainder = fma(n, ${constant(-LN2_HIGH)}, bounded);
  let r = fma(n, ${constant(-LN2_LOW)}, select(remainder, T(1), remainder > T(1)));
  let m = fma(r * r, ${polynomial("r", EXP_SERIES)}, r);
  let half = I(n) >> N(1);
  let first = bitcast<T>((half + I(127)) << N(23));
  let second = bitcast<T>((I(n) - half + I(127)) << N(23));
  return select(select(fma(first, m, first) * second, T(), x < ${constant(EXP_END)}), x, is_nan(x));
}
/** log x of a normal x: -infinity at 0, NaN below it. */
fn logarithm(x: T) -> T {
  // x = 2^e m, sqrt(1/2) <= m < sqrt(2), so that nothing cancels near 1.
  let e = (bitcast<I>(x) - I(${HALF_ROOT_BITS})) >> N(23);
  let m = bitcast<T>(bitcast<I>(x) - (e << N(23)));
  let s = (m - T(1)) / (m + T(1));
  let z = s * s;
  let near = s * ${polynomial("z", LOG_SERIES)};
  let found = fma(T(e), ${constant(LN2_HIGH)}, fma(T(e), ${constant(LN2_LOW)}, near));
  return select(found, log(x), !(x > T()) | (x > ${constant(MOST)}));
}
/** log(1 + e) for 0 <= e <= 1: 2 artanh(s), s = e / (2 + e). */
fn log1p(e: T) -> T {
  let s = e / (e + T(2));
  let z = s * s;
  return s * ${polynomial("z", LOG_SERIES)};
}
/** e^(z^2 / 2) (1 - Phi(z)) for z >= 0, Phi the normal distribution; constant beyond ${TAIL_END}. */
fn normal_tail(z: T) -> T {
  let bounded = select(z, ${constant(TAIL_END)}, z > ${constant(TAIL_END)});
  let t = ${constant(TAIL_SCALE)} / (bounded + ${constant(TAIL_SCALE)});
  let u = fma(t, ${constant(2 / (1 - TAIL_LOW))}, ${constant(-(1 + TAIL_LOW) / (1 - TAIL_LOW))});
  return t * ${polynomial("u", TAIL_SERIES)};
}
/** x within -bound .. bound. */
fn within(x: T, bound: T) -> T {
  let raised = select(x, -bound, x < -bound);
  return select(raised, bound, raised > bound);
}
fn at_least(x: T, bound: T) -> T { return select(x, bound, x < bound); }
struct Sigmoids { s: T, opposite: T, e: T }
/** s(x) and s(-x), s(x) = 1 / (1 + e^-x), and e^-|x|. */
fn sigmoids(x: T) -> Sigmoids {
  let e = exponential(-abs(x)).exp;
  let larger = T(1) / (T(1) + e);
  let smaller = larger * e;
  return Sigmoids(select(smaller, larger, x >= T()), select(larger, smaller, x >= T()), e);
}`;
