import { gathered } from "../../gather/lower_webgpu.js";
import { sourceOf } from "./source.js";
import type { Slice } from "./spec.js";

export const lowering = gathered<Slice>(sourceOf);
