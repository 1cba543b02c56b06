import { scaledSum } from "../../reduction/tfjs.js";
import { factorOf, type ReduceMean } from "./spec.js";

export const make = scaledSum<ReduceMean>(factorOf);
