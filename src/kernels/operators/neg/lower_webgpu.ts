import { elementWise } from "../../element_wise/lower_webgpu.js";
import type { WgslFunction } from "../../element_wise/wgsl.js";
import type { Neg } from "./spec.js";

const f: WgslFunction = {
  name: "neg",
  body: `
  return Result(-x, T(-1));`,
};

export const lowering = elementWise<Neg>({ function: () => f });
