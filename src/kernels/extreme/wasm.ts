import { arithmetic } from "../arithmetic/wasm.js";
import { type KernelSource, splat } from "../wasm/assembler.js";

/** 1 where a >= b and 0 elsewhere, and the other way round: who of two gets a cotangent. */
export const comparisons: readonly KernelSource[] = [
  arithmetic("at_least", (a, b) => splat(1).and(a.ge(b))),
  arithmetic("not_at_least", (a, b) => splat(1).andnot(a.ge(b))),
];
