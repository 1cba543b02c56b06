import { windowMaximum } from "../../max_pool/lower_wasm.js";
import type { MaxPool } from "./spec.js";

export const lowering = windowMaximum<MaxPool>((node) => node);
