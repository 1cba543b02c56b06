import { elementWise } from "../../element_wise/lower_webgpu.js";
import type { WgslFunction } from "../../element_wise/wgsl.js";
import type { Sqrt } from "./spec.js";

const f: WgslFunction = {
  name: "sqrt",
  body: `
  let root = sqrt(x);
  return Result(root, T(0.5) / root);`,
};

export const lowering = elementWise<Sqrt>({ function: () => f });
