import { elementWise } from "../../element_wise/lower_webgpu.js";
import type { WgslFunction } from "../../element_wise/wgsl.js";
import type { Reciprocal } from "./spec.js";

const f: WgslFunction = {
  name: "reciprocal",
  body: `
  let y = T(1) / x;
  return Result(y, -y * y);`,
};

export const lowering = elementWise<Reciprocal>({ function: () => f });
