import { elementWise } from "../../element_wise/lower_webgpu.js";
import { erfSeries } from "../../element_wise/scalar.js";
import type { WgslFunction } from "../../element_wise/wgsl.js";
import { constant, polynomial } from "../../element_wise/wgsl_series.js";
import type { Erf } from "./spec.js";

// Near 0 by its series, else from the tail of the normal distribution: erfc(z) = 2 (1 - Phi(sqrt(2) z)).
const f: WgslFunction = {
  name: "erf",
  body: `
  let z = abs(within(x, T(10)));
  let square = z * z;
  let e = exponential(-square).exp;
  let far = T(1) - T(2) * normal_tail(z * ${constant(Math.SQRT2)}) * e;
  let near = x * ${polynomial("square", erfSeries(12))};
  return Result(select(select(far, -far, x < T()), near, z < T(1)), ${constant(2 / Math.sqrt(Math.PI))} * e);`,
};

export const lowering = elementWise<Erf>({ function: () => f });
