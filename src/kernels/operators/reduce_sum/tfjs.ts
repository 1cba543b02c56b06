import { scaledSum } from "../../reduction/tfjs.js";
import { factorOf, type ReduceSum } from "./spec.js";

export const make = scaledSum<ReduceSum>(factorOf);
