import { transcendental } from "../../element_wise/wasm.js";
import type { KernelSource } from "../../wasm/assembler.js";
import { f64Splat } from "../../wasm/assembler.js";

export const kernels: readonly KernelSource[] = [
  transcendental("sqrt", (bind, x) => {
    const root = bind(x.f64Sqrt());
    return { value: root, derivative: () => f64Splat(0.5).f64Div(root) };
  }),
];
