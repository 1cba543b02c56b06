import { transcendental } from "../../element_wise/wasm.js";
import {
  max,
  min,
  ONE,
  sigmoids,
  type VectorFunction,
  within,
  ZERO,
} from "../../element_wise/wasm_functions.js";
import { exponential, normalTail, polynomial } from "../../element_wise/wasm_series.js";
import type { KernelSource } from "../../wasm/assembler.js";
import { f64Splat } from "../../wasm/assembler.js";

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

export const kernels: readonly KernelSource[] = [
  transcendental("gelu", gelu),
  transcendental("gelu_tanh", geluTanh),
];
