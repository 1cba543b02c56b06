import { elementWise, leaky } from "../../element_wise/tfjs.js";
import type { LeakyRelu } from "./spec.js";

export const make = elementWise<LeakyRelu>(({ alpha }, { tf }) => leaky(tf, alpha));
