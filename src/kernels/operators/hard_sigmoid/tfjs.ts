import { elementWise, hardSigmoid } from "../../element_wise/tfjs.js";
import type { HardSigmoid } from "./spec.js";

export const make = elementWise<HardSigmoid>(({ alpha, beta }, { tf }) => hardSigmoid(tf, alpha, beta));
