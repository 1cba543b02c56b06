import { elementWise } from "../../element_wise/lower_webgpu.js";
import type { WgslFunction } from "../../element_wise/wgsl.js";
import type { HardSigmoid } from "./spec.js";

const f: WgslFunction = {
  name: "hard_sigmoid",
  body: `
  let gate = fma(alpha, x, beta);
  let raised = select(gate, T(), gate < T());
  // Not gate < 1, which rounding may hide.
  let inside = (gate > T()) & (fma(alpha, x, beta - T(1)) < T());
  return Result(select(raised, T(1), raised > T(1)), select(T(), alpha, inside));`,
};

export const lowering = elementWise<HardSigmoid>({
  function: () => f,
  alpha: ({ alpha }) => alpha,
  beta: ({ beta }) => beta,
});
