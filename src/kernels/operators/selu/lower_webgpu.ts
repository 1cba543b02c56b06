import { elementWise } from "../../element_wise/lower_webgpu.js";
import type { WgslFunction } from "../../element_wise/wgsl.js";
import { elu } from "../../element_wise/wgsl_functions.js";
import { constant } from "../../element_wise/wgsl_series.js";
import { ALPHA, SCALE } from "./constants.js";
import type { Selu } from "./spec.js";

const f: WgslFunction = { name: "selu", body: elu(constant(ALPHA), constant(SCALE)) };

export const lowering = elementWise<Selu>({ function: () => f });
