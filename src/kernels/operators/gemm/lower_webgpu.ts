import { convolution } from "../../conv/lower_webgpu.js";
import { gemmGeometry } from "./geometry.js";
import type { Gemm } from "./spec.js";

export const lowering = convolution<Gemm>(gemmGeometry);
