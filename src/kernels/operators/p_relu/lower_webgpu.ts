import { elementWise } from "../../element_wise/lower_webgpu.js";
import type { WgslFunction } from "../../element_wise/wgsl.js";
import { leaky } from "../../element_wise/wgsl_functions.js";
import type { PRelu } from "./spec.js";

const f: WgslFunction = { name: "leaky_relu", body: leaky };

export const lowering = elementWise<PRelu>({
  function: () => f,
  // One slope for all is a leaky relu.
  alpha: ({ slope }) => slope[0],
  slope: ({ slope }) => (slope.length > 1 ? slope : undefined),
});
