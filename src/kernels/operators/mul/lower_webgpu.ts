import { pairs } from "../../arithmetic/lower_webgpu.js";
import type { Mul } from "./spec.js";

export const lowering = pairs<Mul>({
  name: "mul",
  operator: "*",
  factors: ["other operand", "other operand"],
});
