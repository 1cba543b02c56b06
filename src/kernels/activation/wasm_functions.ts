/** The functions of `reference.ts` on two float64 lanes, in forms that neither overflow nor cancel. */
import { f64Splat, type V128 } from "../wasm/assembler.js";
import { type Bind, exponential, log1p, normalTail, polynomial } from "./wasm_series.js";

/** A function at x; `derivative` emits only when asked for. */
export interface Result {
  readonly value: V128;
  readonly derivative: () => V128;
}

/** alpha, beta: fields of the kernel, in both lanes. */
export type VectorFunction = (bind: Bind, x: V128, alpha: V128, beta: V128) => Result;

const ONE = f64Splat(1);
const ZERO = f64Splat(0);
const min = (x: V128, bound: number): V128 => x.f64Pmin(f64Splat(bound));
const max = (x: V128, bound: number): V128 => x.f64Pmax(f64Splat(bound));
const within = (x: V128, bound: number): V128 => min(max(x, -bound), bound);

/** s(x) and s(-x), s(x) = 1 / (1 + e^-x). */
function sigmoids(bind: Bind, x: V128): { s: V128; opposite: V128; e: V128 } {
  const e = bind(exponential(bind, x.f64Abs().f64Neg()).exp);
  const larger = bind(ONE.f64Div(ONE.f64Add(e)));
  const smaller = bind(larger.f64Mul(e));
  const positive = bind(x.f64Ge(ZERO));
  return { s: bind(larger.select(smaller, positive)), opposite: bind(smaller.select(larger, positive)), e };
}

const elu =
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

const sigmoid: VectorFunction = (bind, x) => {
  const { s, opposite } = sigmoids(bind, x);
  return { value: s, derivative: () => s.f64Mul(opposite) };
};

const tanh: VectorFunction = (bind, x) => {
  // tanh |x| = m / (m + 2), m = e^(2 |x|) - 1; bounded so that the square in the derivative is finite.
  const m = bind(exponential(bind, min(x.f64Abs(), 100).f64Mul(f64Splat(2))).expm1);
  const inverse = bind(ONE.f64Div(m.f64Add(f64Splat(2))));
  return {
    value: m.f64Mul(inverse).or(x.and(f64Splat(-0))),
    derivative: () => m.f64Add(ONE).f64Mul(f64Splat(4)).f64Mul(inverse).f64Mul(inverse),
  };
};

const softplus: VectorFunction = (bind, x) => {
  const { s, e } = sigmoids(bind, x);
  return { value: max(x, 0).f64Add(log1p(bind, e)), derivative: () => s };
};

const softsign: VectorFunction = (bind, x) => {
  // The bound makes the limits of an infinite x.
  const bounded = bind(within(x, 1e40));
  const inverse = bind(ONE.f64Div(ONE.f64Add(bounded.f64Abs())));
  return { value: bounded.f64Mul(inverse), derivative: () => inverse.f64Mul(inverse) };
};

const mish: VectorFunction = (bind, x) => {
  // tanh(log(1 + e)) = n / (n + 2), n = e (e + 2).
  const e = bind(exponential(bind, min(x, 100)).exp);
  const n = bind(e.f64Mul(e.f64Add(f64Splat(2))));
  const inverse = bind(ONE.f64Div(n.f64Add(f64Splat(2))));
  const gate = bind(n.f64Mul(inverse));
  return {
    value: max(x, -800).f64Mul(gate),
    derivative: () => {
      const slope = f64Splat(4).f64Mul(e).f64Mul(e.f64Add(ONE)).f64Mul(inverse).f64Mul(inverse);
      return gate.f64Add(within(x, 800).f64Mul(slope));
    },
  };
};

const swish: VectorFunction = (bind, x) => {
  const { s, opposite } = sigmoids(bind, x);
  return {
    value: max(x, -800).f64Mul(s),
    derivative: () => s.f64Mul(ONE.f64Add(within(x, 800).f64Mul(opposite))),
  };
};

/** `max(0, min(1, gate))`, and where 0 < gate < 1. */
const clamped = (gate: V128): V128 => min(max(gate, 0), 1);
const isInside = (gate: V128): V128 => gate.f64Gt(ZERO).and(ONE.f64Gt(gate));

const hardSwish: VectorFunction = (bind, x) => {
  const gate = bind(x.f64Mul(f64Splat(1 / 6)).f64Add(f64Splat(0.5)));
  return {
    value: max(x, -4).f64Mul(clamped(gate)),
    derivative: () => clamped(gate).f64Add(x.f64Mul(f64Splat(1 / 6)).and(isInside(gate))),
  };
};

const hardSigmoid: VectorFunction = (bind, x, alpha, beta) => {
  const gate = bind(x.f64Mul(alpha).f64Add(beta));
  return { value: clamped(gate), derivative: () => alpha.and(isInside(gate)) };
};

const gelu: VectorFunction = (bind, x) => {
  const z = bind(min(x.f64Abs(), 37));
  const e = bind(exponential(bind, z.f64Mul(z).f64Mul(f64Splat(-0.5))).exp);
  const tail = bind(normalTail(bind, z).f64Mul(e));
  const phi = bind(ONE.f64Sub(tail).select(tail, x.f64Ge(ZERO)));
  return {
    value: max(x, -40).f64Mul(phi),
    derivative: () =>
      phi.f64Add(
        within(x, 40)
          .f64Mul(e)
          .f64Mul(f64Splat(1 / Math.sqrt(2 * Math.PI))),
      ),
  };
};

const geluTanh: VectorFunction = (bind, x) => {
  // (1 + tanh t) / 2 = s(2 t).
  const bounded = bind(within(x, 40));
  const square = bind(bounded.f64Mul(bounded));
  const [linear, cubic] = [Math.sqrt(8 / Math.PI), Math.sqrt(8 / Math.PI) * 0.044715];
  const { s, opposite } = sigmoids(bind, bind(polynomial(bind, square, [linear, cubic]).f64Mul(bounded)));
  return {
    value: max(x, -40).f64Mul(s),
    derivative: () => {
      const slope = polynomial(bind, square, [linear, 3 * cubic]).f64Mul(bounded);
      return s.f64Mul(ONE.f64Add(slope.f64Mul(opposite)));
    },
  };
};

export const vectorFunctions: Readonly<Record<string, VectorFunction>> = {
  elu: elu(1),
  selu: elu(1.0507009873554805, 1.6732632423543772),
  sigmoid,
  tanh,
  softplus,
  softsign,
  mish,
  swish,
  hard_swish: hardSwish,
  hard_sigmoid: hardSigmoid,
  gelu,
  gelu_tanh: geluTanh,
};
