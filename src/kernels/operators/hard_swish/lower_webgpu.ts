import { elementWise } from "../../element_wise/lower_webgpu.js";
import type { WgslFunction } from "../../element_wise/wgsl.js";
import { constant } from "../../element_wise/wgsl_series.js";
import type { HardSwish } from "./spec.js";

// The kinks are at exactly -3 and 3.
const f: WgslFunction = {
  name: "hard_swish",
  body: `
  let gate = fma(within(x, T(3)), ${constant(1 / 6)}, T(0.5));
  let outside = (x <= T(-3)) | (x >= T(3));
  let slope = select(T(), T(1), x >= T(3));
  let clamped = select(at_least(gate, T()), T(1), x >= T(3));
  return Result(
    select(at_least(x, T(-4)) * clamped, T(), x <= T(-3)),
    select(fma(x, ${constant(1 / 6)}, gate), slope, outside),
  );`,
};

export const lowering = elementWise<HardSwish>({ function: () => f });
