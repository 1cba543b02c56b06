import { elementWise, elu } from "../../element_wise/tfjs.js";
import { ALPHA, SCALE } from "./constants.js";
import type { Selu } from "./spec.js";

export const make = elementWise<Selu>((_node, { tf }) => elu(tf, ALPHA, SCALE));
