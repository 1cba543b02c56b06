import { scaledSum } from "../../reduction/lower_wasm.js";
import { factorOf, type ReduceMean } from "./spec.js";

export const lowering = scaledSum<ReduceMean>(factorOf);
