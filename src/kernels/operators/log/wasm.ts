import { transcendental } from "../../element_wise/wasm.js";
import { ONE } from "../../element_wise/wasm_functions.js";
import { logarithm } from "../../element_wise/wasm_series.js";
import type { KernelSource } from "../../wasm/assembler.js";

export const kernels: readonly KernelSource[] = [
  transcendental("log", (bind, x) => ({
    value: logarithm(bind, x),
    derivative: () => ONE.f64Div(x),
  })),
];
