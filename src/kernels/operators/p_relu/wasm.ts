import { leaky, piecewise, slopes } from "../../element_wise/wasm.js";
import type { KernelSource } from "../../wasm/assembler.js";

export const kernels: readonly KernelSource[] = [piecewise("p_relu", leaky, slopes)];
