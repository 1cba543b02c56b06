import { arithmetic } from "../../arithmetic/wasm.js";
import { comparisons } from "../../extreme/wasm.js";
import type { KernelSource } from "../../wasm/assembler.js";

/** With what both operators compare by. */
export const kernels: readonly KernelSource[] = [arithmetic("max", (a, b) => a.max(b)), ...comparisons];
