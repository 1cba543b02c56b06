import { reshaped } from "../../tfjs/reshaped.js";
import type { Flatten } from "./spec.js";

export const make = reshaped<Flatten>();
