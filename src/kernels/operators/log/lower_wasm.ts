import { elementWise } from "../../element_wise/lower_wasm.js";
import type { Log } from "./spec.js";

export const lowering = elementWise<Log>({ kernel: () => "element_wise_log" });
