import { elementWise } from "../../element_wise/lower_webgpu.js";
import type { WgslFunction } from "../../element_wise/wgsl.js";
import type { ThresholdedRelu } from "./spec.js";

// Not x > alpha, so that a NaN stays.
const f: WgslFunction = {
  name: "thresholded_relu",
  body: `
  return Result(select(x, T(), x <= alpha), select(T(), T(1), x > alpha));`,
};

export const lowering = elementWise<ThresholdedRelu>({ function: () => f, alpha: ({ alpha }) => alpha });
