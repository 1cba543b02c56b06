import { elementWise } from "../../element_wise/lower_webgpu.js";
import type { WgslFunction } from "../../element_wise/wgsl.js";
import type { Abs } from "./spec.js";

const f: WgslFunction = {
  name: "abs",
  body: `
  return Result(abs(x), sign(x));`,
};

export const lowering = elementWise<Abs>({ function: () => f });
