import type { KernelSource } from "../../wasm/assembler.js";
import { forward } from "./wasm_forward.js";

export const kernels: readonly KernelSource[] = [forward];
