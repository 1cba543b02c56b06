import { elementWise } from "../../element_wise/lower_webgpu.js";
import type { WgslFunction } from "../../element_wise/wgsl.js";
import type { Sign } from "./spec.js";

const f: WgslFunction = {
  name: "sign",
  body: `
  return Result(select(select(x, T(-1), x < T()), T(1), x > T()), T());`,
};

export const lowering = elementWise<Sign>({ function: () => f });
