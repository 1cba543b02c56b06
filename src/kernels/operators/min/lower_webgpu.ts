import { extremes } from "../../extreme/lower_webgpu.js";
import type { Min } from "./spec.js";

export const lowering = extremes<Min>("min");
