/**
 * A thin expression layer over wasmati, used at build time only; nothing outside `assembler/` imports that but the module
 * and its runner. Expressions are values that know how to push themselves on the WASM stack; statements emit at once. Loops
 * and tiles are unrolled by ordinary TypeScript.
 *
 * Every kernel has the signature `(args: i32, begin: i32, end: i32)`: `args` points at its 32-bit fields in
 * linear memory (declared by name, see `kernel`), `begin` and `end` bound the output tiles it shall compute.
 */
export * from "./assembler/expressions.js";
export * from "./assembler/flow.js";
export * from "./assembler/kernel.js";
export * from "./assembler/locals.js";
export * from "./assembler/memory.js";
