import { scaledSum } from "../../reduction/lower_webgpu.js";
import { factorOf, type ReduceMean } from "./spec.js";

export const lowering = scaledSum<ReduceMean>(factorOf);
