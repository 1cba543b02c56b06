import type { KernelSource } from "../../wasm/assembler.js";
import { forward } from "./wasm_forward.js";
import { vjp } from "./wasm_vjp.js";

export const kernels: readonly KernelSource[] = [forward, ...[4, 8, 10, 12].map(vjp)];
