/**
 * The functions of `reference.ts` and their derivatives in float32, for WGSL, in forms that neither overflow nor cancel:
 * bodies of `fn f(x: T, alpha: T, beta: T) -> Result`. An infinite x gives the limits.
 */
import type { ActivationOp } from "../../network/spec.js";
import { constant, polynomial } from "./wgsl_series.js";

/** Functions by the name of the kernel; Relu and Clip are clamps, not functions with a kernel. */
export type FunctionName = Exclude<ActivationOp, "Relu" | "Clip"> | "GeluTanh";

const elu = (alpha: string, scale: string) => `
  let e = exponential(select(x, T(), x > T()));
  let positive = x > T();
  return Result(
    ${scale} * select(${alpha} * e.expm1, x, positive),
    ${scale} * select(${alpha} * e.exp, T(1), positive),
  );`;

const leaky = `
  return Result(select(alpha * x, x, x > T()), select(alpha, T(1), x > T()));`;

/** sqrt(8 / pi) (x + 0.044715 x^3): 1 + tanh(t) = 2 s(2 t). */
const [LINEAR, CUBIC] = [Math.sqrt(8 / Math.PI), Math.sqrt(8 / Math.PI) * 0.044715];

export const functions: Readonly<Record<FunctionName, string>> = {
  LeakyRelu: leaky,
  PRelu: leaky,
  // Not x > alpha, so that a NaN stays.
  ThresholdedRelu: `
  return Result(select(x, T(), x <= alpha), select(T(), T(1), x > alpha));`,
  Elu: elu("alpha", "T(1)"),
  Selu: elu(constant(1.6732632423543772), constant(1.0507009873554805)),
  Sigmoid: `
  let s = sigmoids(x);
  return Result(s.s, s.s * s.opposite);`,
  // tanh |x| = -m / (m + 2), m = e^(-2 |x|) - 1.
  Tanh: `
  let e = exponential(T(-2) * abs(x));
  let inverse = T(1) / (e.expm1 + T(2));
  let t = -e.expm1 / (e.expm1 + T(2));
  return Result(select(t, -t, x < T()), T(4) * e.exp * inverse * inverse);`,
  Softplus: `
  let s = sigmoids(x);
  return Result(at_least(x, T()) + log1p(s.e), s.s);`,
  // The bound makes the limits of an infinite x.
  Softsign: `
  let bounded = within(x, ${constant(2 ** 60)});
  let inverse = T(1) / (T(1) + abs(bounded));
  return Result(bounded * inverse, inverse * inverse);`,
  // tanh(log(1 + e)) = n / (n + 2), n = e (e + 2), e = e^x; for x >= 0 both divided by e^2.
  Mish: `
  let f = exponential(-abs(x)).exp;
  let positive = x >= T();
  let top = select(f * (f + T(2)), fma(T(2), f, T(1)), positive);
  let bottom = top + select(T(2), T(2) * f * f, positive);
  let gate = top / bottom;
  let slope = T(4) * (T(1) + f) * select(f, f * f, positive) / (bottom * bottom);
  return Result(at_least(x, T(-88)) * gate, fma(within(x, T(88)), slope, gate));`,
  Swish: `
  let s = sigmoids(x);
  return Result(at_least(x, T(-88)) * s.s, s.s * fma(within(x, T(88)), s.opposite, T(1)));`,
  // The kinks are at exactly -3 and 3.
  HardSwish: `
  let gate = fma(within(x, T(3)), ${constant(1 / 6)}, T(0.5));
  let outside = (x <= T(-3)) | (x >= T(3));
  let slope = select(T(), T(1), x >= T(3));
  let clamped = select(at_least(gate, T()), T(1), x >= T(3));
  return Result(
    select(at_least(x, T(-4)) * clamped, T(), x <= T(-3)),
    select(fma(x, ${constant(1 / 6)}, gate), slope, outside),
  );`,
  HardSigmoid: `
  let gate = fma(alpha, x, beta);
  let raised = select(gate, T(), gate < T());
  // Not gate < 1, which rounding may hide.
  let inside = (gate > T()) & (fma(alpha, x, beta - T(1)) < T());
  return Result(select(raised, T(1), raised > T(1)), select(T(), alpha, inside));`,
  // z^2 as the exact square of its leading bits and the rest, for full relative accuracy in the tail.
  Gelu: `
  let z = abs(within(x, T(20)));
  let head = bitcast<T>(bitcast<N>(z) & N(0xfffff000u));
  let e = exponential_sum(T(-0.5) * head * head, T(-0.5) * (z - head) * (z + head)).exp;
  let tail = normal_tail(z) * e;
  let phi = select(tail, T(1) - tail, x >= T());
  return Result(
    at_least(x, T(-20)) * phi,
    fma(within(x, T(20)) * e, ${constant(1 / Math.sqrt(2 * Math.PI))}, phi),
  );`,
  GeluTanh: `
  let bounded = within(x, T(40));
  let square = bounded * bounded;
  let s = sigmoids(bounded * ${polynomial("square", [LINEAR, CUBIC])});
  let slope = bounded * ${polynomial("square", [LINEAR, 3 * CUBIC])};
  return Result(at_least(x, T(-40)) * s.s, s.s * fma(slope, s.opposite, T(1)));`,
};
