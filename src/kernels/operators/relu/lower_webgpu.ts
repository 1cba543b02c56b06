import { clampAlone } from "../../affine/lower_webgpu.js";
import type { Lowering } from "../../webgpu/lowering.js";
import type { Relu } from "./spec.js";

export const lowering: Lowering<Relu> = clampAlone;
