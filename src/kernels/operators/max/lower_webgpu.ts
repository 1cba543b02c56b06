import { extremes } from "../../extreme/lower_webgpu.js";
import type { Max } from "./spec.js";

export const lowering = extremes<Max>("max");
