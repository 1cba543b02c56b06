import { reshaped } from "../../tfjs/reshaped.js";
import type { Reshape } from "./spec.js";

export const make = reshaped<Reshape>();
