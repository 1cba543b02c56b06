import { scaledSum } from "../../reduction/lower_wasm.js";
import { factorOf, type ReduceSum } from "./spec.js";

export const lowering = scaledSum<ReduceSum>(factorOf);
