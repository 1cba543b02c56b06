import { clampAlone } from "../../affine/lower_wasm.js";
import type { Lowering } from "../../wasm/lowering.js";
import type { Relu } from "./spec.js";

export const lowering: Lowering<Relu> = clampAlone;
