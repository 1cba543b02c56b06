import { elementWise, elu } from "../../element_wise/tfjs.js";
import type { Elu } from "./spec.js";

export const make = elementWise<Elu>(({ alpha }, { tf }) => elu(tf, alpha, 1));
