import { clampAlone } from "../../affine/lower_webgpu.js";
import type { Lowering } from "../../webgpu/lowering.js";
import type { Clip } from "./spec.js";

export const lowering: Lowering<Clip> = clampAlone;
