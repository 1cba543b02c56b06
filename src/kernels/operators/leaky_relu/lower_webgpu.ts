import { elementWise } from "../../element_wise/lower_webgpu.js";
import type { WgslFunction } from "../../element_wise/wgsl.js";
import { leaky } from "../../element_wise/wgsl_functions.js";
import type { LeakyRelu } from "./spec.js";

const f: WgslFunction = { name: "leaky_relu", body: leaky };

export const lowering = elementWise<LeakyRelu>({ function: () => f, alpha: ({ alpha }) => alpha });
