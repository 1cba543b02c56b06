import { elementWise } from "../../element_wise/lower_webgpu.js";
import type { WgslFunction } from "../../element_wise/wgsl.js";
import type { Softplus } from "./spec.js";

const f: WgslFunction = {
  name: "softplus",
  body: `
  let s = sigmoids(x);
  return Result(at_least(x, T()) + log1p(s.e), s.s);`,
};

export const lowering = elementWise<Softplus>({ function: () => f });
