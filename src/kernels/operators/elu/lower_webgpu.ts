import { elementWise } from "../../element_wise/lower_webgpu.js";
import type { WgslFunction } from "../../element_wise/wgsl.js";
import { elu } from "../../element_wise/wgsl_functions.js";
import type { Elu } from "./spec.js";

const f: WgslFunction = { name: "elu", body: elu("alpha", "T(1)") };

export const lowering = elementWise<Elu>({ function: () => f, alpha: ({ alpha }) => alpha });
