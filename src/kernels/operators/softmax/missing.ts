import { absent } from "../../absent.js";

export const MISSING = absent("softmax before the last layer");
