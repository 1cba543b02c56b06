import { scaledSum } from "../../reduction/lower_webgpu.js";
import { factorOf, type ReduceSum } from "./spec.js";

export const lowering = scaledSum<ReduceSum>(factorOf);
