import { windowMaximum } from "../../max_pool/lower_wasm.js";
import { asWindow } from "./as_window.js";
import type { ReduceMax } from "./spec.js";

export const lowering = windowMaximum<ReduceMax>(asWindow);
