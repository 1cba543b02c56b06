import { transcendental } from "../../element_wise/wasm.js";
import { elu } from "../../element_wise/wasm_functions.js";
import type { KernelSource } from "../../wasm/assembler.js";

export const kernels: readonly KernelSource[] = [transcendental("elu", elu(1))];
