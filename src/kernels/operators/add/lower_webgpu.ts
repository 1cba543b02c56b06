import { pairs } from "../../arithmetic/lower_webgpu.js";
import type { Add } from "./spec.js";

export const lowering = pairs<Add>({ name: "add", operator: "+", factors: ["one", "one"] });
