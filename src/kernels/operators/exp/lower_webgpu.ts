import { elementWise } from "../../element_wise/lower_webgpu.js";
import type { WgslFunction } from "../../element_wise/wgsl.js";
import type { Exp } from "./spec.js";

const f: WgslFunction = {
  name: "exp",
  body: `
  let y = exponential_of(x);
  return Result(y, y);`,
};

export const lowering = elementWise<Exp>({ function: () => f });
