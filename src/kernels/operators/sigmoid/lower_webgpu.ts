import { elementWise } from "../../element_wise/lower_webgpu.js";
import type { WgslFunction } from "../../element_wise/wgsl.js";
import type { Sigmoid } from "./spec.js";

const f: WgslFunction = {
  name: "sigmoid",
  body: `
  let s = sigmoids(x);
  return Result(s.s, s.s * s.opposite);`,
};

export const lowering = elementWise<Sigmoid>({ function: () => f });
