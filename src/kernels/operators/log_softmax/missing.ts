import { absent } from "../../absent.js";

export const MISSING = absent("a logarithm of softmax before the last layer");
