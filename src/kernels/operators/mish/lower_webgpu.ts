import { elementWise } from "../../element_wise/lower_webgpu.js";
import type { WgslFunction } from "../../element_wise/wgsl.js";
import type { Mish } from "./spec.js";

// tanh(log(1 + e)) = n / (n + 2), n = e (e + 2), e = e^x; for x >= 0 both divided by e^2.
const f: WgslFunction = {
  name: "mish",
  body: `
  let f = exponential(-abs(x)).exp;
  let positive = x >= T();
  let top = select(f * (f + T(2)), fma(T(2), f, T(1)), positive);
  let bottom = top + select(T(2), T(2) * f * f, positive);
  let gate = top / bottom;
  let slope = T(4) * (T(1) + f) * select(f, f * f, positive) / (bottom * bottom);
  return Result(at_least(x, T(-88)) * gate, fma(within(x, T(88)), slope, gate));`,
};

export const lowering = elementWise<Mish>({ function: () => f });
