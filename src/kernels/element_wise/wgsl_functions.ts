/** Bodies that several functions share; see `WgslFunction`. */

/** `x > 0 ? x : alpha x`. */
export const leaky = `
  return Result(select(alpha * x, x, x > T()), select(alpha, T(1), x > T()));`;

/** `scale (x > 0 ? x : alpha (e^x - 1))`, both WGSL expressions. */
export const elu = (alpha: string, scale: string): string => `
  let e = exponential(select(x, T(), x > T()));
  let positive = x > T();
  return Result(
    ${scale} * select(${alpha} * e.expm1, x, positive),
    ${scale} * select(${alpha} * e.exp, T(1), positive),
  );`;
