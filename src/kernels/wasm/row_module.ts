import { importMemory, Module } from "wasmati";
import { rowStep } from "../deepfool_step/wasm_row_step.js";
import { clampToBall } from "../projection/wasm_clamp.js";
import { scaleToBall } from "../projection/wasm_scale.js";
import { rowSums } from "../row_norms/wasm_row_sums.js";
import { widen } from "../row_norms/wasm_widen.js";
import { topClasses } from "../top_classes/wasm.js";
import { assemble, type KernelSource } from "./assembler.js";

/** The kernels that work on the rows of a caller's arrays: a module of its own. Used at build time only. */
export const rowKernelSources = [
  rowSums,
  widen,
  rowStep,
  scaleToBall,
  clampToBall,
  topClasses,
] as readonly KernelSource[];

/**
 * Each kernel an export `(args, begin, end)` under its name; imports its memory as `env.memory`. None has a multiply-add
 * of float32, so there is one variant, with the same bits everywhere.
 */
export function assembleRowModule(): Uint8Array {
  const exports = Object.fromEntries(rowKernelSources.map((k) => [k.name, assemble(k, { relaxed: false })]));
  const memory = Object.assign(importMemory({ min: 1 }), { module: "env", string: "memory" });
  return Module({ exports: exports as never, memory }).toBytes();
}

/** The generated file: each kernel's fields, and the module's bytes. */
export function rowModuleSource(): string {
  const kernels = rowKernelSources.map((k) => `  ${k.name}: ${JSON.stringify(k.fields)},`).join("\n");
  const lines =
    Buffer.from(assembleRowModule())
      .toString("base64")
      .match(/.{1,160}/g) ?? [];
  return [
    "// Made by build.mjs from the kernel sources; not in git.",
    `export const rowKernels = {\n${kernels}\n} as const;`,
    // Raw, as in `module.ts`; so small that lines cost nothing.
    `export const rowModule = /* @__PURE__ */ String.raw\`\n${lines.join("\n")}\n\`;`,
    "",
  ].join("\n");
}
