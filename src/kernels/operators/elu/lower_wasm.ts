import { elementWise } from "../../element_wise/lower_wasm.js";
import type { Elu } from "./spec.js";

export const lowering = elementWise<Elu>({ kernel: () => "element_wise_elu", alpha: ({ alpha }) => alpha });
