import { elementWise } from "../../element_wise/lower_webgpu.js";
import type { WgslFunction } from "../../element_wise/wgsl.js";
import type { Tanh } from "./spec.js";

// tanh |x| = -m / (m + 2), m = e^(-2 |x|) - 1.
const f: WgslFunction = {
  name: "tanh",
  body: `
  let e = exponential(T(-2) * abs(x));
  let inverse = T(1) / (e.expm1 + T(2));
  let t = -e.expm1 / (e.expm1 + T(2));
  return Result(select(t, -t, x < T()), T(4) * e.exp * inverse * inverse);`,
};

export const lowering = elementWise<Tanh>({ function: () => f });
