import { elementWise } from "../../element_wise/lower_wasm.js";
import type { Softsign } from "./spec.js";

export const lowering = elementWise<Softsign>({ kernel: () => "element_wise_softsign" });
