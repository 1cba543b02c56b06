import { pairs } from "../../arithmetic/lower_webgpu.js";
import type { Sub } from "./spec.js";

export const lowering = pairs<Sub>({ name: "sub", operator: "-", factors: ["one", "minus one"] });
