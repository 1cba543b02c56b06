import { elementWise } from "../../element_wise/lower_webgpu.js";
import type { WgslFunction } from "../../element_wise/wgsl.js";
import type { Swish } from "./spec.js";

const f: WgslFunction = {
  name: "swish",
  body: `
  let s = sigmoids(x);
  return Result(at_least(x, T(-88)) * s.s, s.s * fma(within(x, T(88)), s.opposite, T(1)));`,
};

export const lowering = elementWise<Swish>({ function: () => f });
