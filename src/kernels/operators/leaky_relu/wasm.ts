import { leaky, oneAlpha, piecewise } from "../../element_wise/wasm.js";
import type { KernelSource } from "../../wasm/assembler.js";

export const kernels: readonly KernelSource[] = [piecewise("leaky_relu", leaky, oneAlpha)];
