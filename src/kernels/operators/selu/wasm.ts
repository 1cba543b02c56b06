import { transcendental } from "../../element_wise/wasm.js";
import { elu } from "../../element_wise/wasm_functions.js";
import type { KernelSource } from "../../wasm/assembler.js";
import { ALPHA, SCALE } from "./constants.js";

export const kernels: readonly KernelSource[] = [transcendental("selu", elu(SCALE, ALPHA))];
