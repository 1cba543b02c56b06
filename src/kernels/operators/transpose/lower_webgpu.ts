import { gathered } from "../../gather/lower_webgpu.js";
import { sourceOf } from "./source.js";
import type { Transpose } from "./spec.js";

export const lowering = gathered<Transpose>(sourceOf);
