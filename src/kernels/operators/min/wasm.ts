import { arithmetic } from "../../arithmetic/wasm.js";
import type { KernelSource } from "../../wasm/assembler.js";

export const kernels: readonly KernelSource[] = [arithmetic("min", (a, b) => a.min(b))];
