import { elementWise } from "../../element_wise/lower_webgpu.js";
import type { WgslFunction } from "../../element_wise/wgsl.js";
import { constant, polynomial } from "../../element_wise/wgsl_series.js";
import type { Gelu } from "./spec.js";

// z^2 as the exact square of its leading bits and the rest, for full relative accuracy in the tail.
const gelu: WgslFunction = {
  name: "gelu",
  body: `
  let z = abs(within(x, T(20)));
  let head = bitcast<T>(bitcast<N>(z) & N(0xfffff000u));
  let e = exponential_sum(T(-0.5) * head * head, T(-0.5) * (z - head) * (z + head)).exp;
  let tail = normal_tail(z) * e;
  let phi = select(tail, T(1) - tail, x >= T());
  return Result(
    at_least(x, T(-20)) * phi,
    fma(within(x, T(20)) * e, ${constant(1 / Math.sqrt(2 * Math.PI))}, phi),
  );`,
};

/** sqrt(8 / pi) (x + 0.044715 x^3): 1 + tanh(t) = 2 s(2 t). */
const [LINEAR, CUBIC] = [Math.sqrt(8 / Math.PI), Math.sqrt(8 / Math.PI) * 0.044715];

const geluTanh: WgslFunction = {
  name: "gelu_tanh",
  body: `
  let bounded = within(x, T(40));
  let square = bounded * bounded;
  let s = sigmoids(bounded * ${polynomial("square", [LINEAR, CUBIC])});
  let slope = bounded * ${polynomial("square", [LINEAR, 3 * CUBIC])};
  return Result(at_least(x, T(-40)) * s.s, s.s * fma(slope, s.opposite, T(1)));`,
};

export const lowering = elementWise<Gelu>({
  function: ({ approximate }) => (approximate === "tanh" ? geluTanh : gelu),
});
