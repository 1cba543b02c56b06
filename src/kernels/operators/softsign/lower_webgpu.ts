import { elementWise } from "../../element_wise/lower_webgpu.js";
import type { WgslFunction } from "../../element_wise/wgsl.js";
import { constant } from "../../element_wise/wgsl_series.js";
import type { Softsign } from "./spec.js";

// The bound makes the limits of an infinite x.
const f: WgslFunction = {
  name: "softsign",
  body: `
  let bounded = within(x, ${constant(2 ** 60)});
  let inverse = T(1) / (T(1) + abs(bounded));
  return Result(bounded * inverse, inverse * inverse);`,
};

export const lowering = elementWise<Softsign>({ function: () => f });
