/** Functions of one value in float64, and the parts that several of them share. */

/** A scalar function and its derivative. `parameter` is the slope of a PRelu unit; the others ignore it. */
export interface ScalarFunction {
  readonly value: (x: number, parameter: number) => number;
  readonly derivative: (x: number, parameter: number) => number;
}

/** `x > 0 ? x : alpha x`; at 0 the derivative is that of the left side. */
export function leaky(alpha: number): ScalarFunction {
  return { value: (x) => (x > 0 ? x : alpha * x), derivative: (x) => (x > 0 ? 1 : alpha) };
}

/** `scale (x > 0 ? x : alpha (e^x - 1))`; at 0 the derivative is that of the left side. */
export function elu(alpha: number, scale: number): ScalarFunction {
  return {
    value: (x) => scale * (x > 0 ? x : alpha * Math.expm1(x)),
    derivative: (x) => scale * (x > 0 ? 1 : alpha * Math.exp(x)),
  };
}

/** `max(0, min(1, alpha x + beta))`, derivative 0 at the kinks. */
export function hardSigmoid(alpha: number, beta: number): ScalarFunction {
  return {
    value: (x) => Math.min(1, Math.max(0, alpha * x + beta)),
    derivative: (x) => (0 < alpha * x + beta && alpha * x + beta < 1 ? alpha : 0),
  };
}

/** `1 / (1 + e^-x)` in the form that never overflows. */
export function sigmoid(x: number): number {
  const e = Math.exp(-Math.abs(x));
  return (x >= 0 ? 1 : e) / (1 + e);
}

/** `log(1 + e^x)`. */
export function softplus(x: number): number {
  return Math.max(0, x) + Math.log1p(Math.exp(-Math.abs(x)));
}

/** Phi, the distribution function of the normal distribution. */
export function normalCdf(x: number): number {
  return 0.5 * (1 + erf(x * Math.SQRT1_2));
}

/** Coefficients of `erf(x) / x` by powers of x^2: `2 / sqrt(pi) (-1)^n / (n! (2 n + 1))`. */
export function erfSeries(terms: number): number[] {
  let factor = 2 / Math.sqrt(Math.PI);
  return Array.from({ length: terms }, (_, n) => {
    if (n > 0) factor /= -n;
    return factor / (2 * n + 1);
  });
}

/**
 * `erf(x) = 2 / sqrt(pi) exp(-x^2) sum_n 2^n x^(2n+1) / (1 3 5 ... (2n+1))`: every term has the sign of x, so
 * nothing cancels; the error is within 2e-15. Beyond 6 the result rounds to +-1.
 */
export function erf(x: number): number {
  if (Math.abs(x) >= 6) return Math.sign(x);
  let term = x;
  let sum = x;
  for (let n = 1; Math.abs(term) > 1e-17 * Math.abs(sum); n++) {
    term *= (2 * x * x) / (2 * n + 1);
    sum += term;
  }
  return ((2 * Math.exp(-x * x)) / Math.sqrt(Math.PI)) * sum;
}
