import { Const, type Dependency, funcref, importMemory, Module, table } from "wasmati";
import { affine, scaleLanes } from "../affine/wasm.js";
import { copyRows } from "../concat/wasm.js";
import { convForward } from "../conv/wasm_forward.js";
import { convVjp } from "../conv/wasm_vjp.js";
import { liveList, liveListOfCandidates } from "../live_list/wasm.js";
import { maxPoolForward } from "../max_pool/wasm_forward.js";
import { maxPoolLive, maxPoolVjp } from "../max_pool/wasm_vjp.js";
import { pixelMap } from "../pixel_map/wasm.js";
import { rowNorms } from "../row_norms/wasm.js";
import { jacobianRows } from "../row_norms/wasm_jacobian_rows.js";
import { gatherUnits } from "../transpose/wasm.js";
import { assemble, assembleRunner, type KernelSource, type Target } from "./assembler.js";

/** Every kernel of the module, in the order of its table. Used at build time only. */
export const kernelSources: readonly KernelSource[] = [
  convForward({ pixels: 2, vectors: 4 }),
  convForward({ pixels: 4, vectors: 2 }),
  convForward({ pixels: 1, vectors: 2 }),
  convVjp({ units: 6, vectors: 1 }),
  convVjp({ units: 4, vectors: 2 }),
  convVjp({ units: 2, vectors: 3 }),
  liveList,
  liveListOfCandidates,
  affine,
  ...[1, 2, 3].map(scaleLanes),
  pixelMap,
  gatherUnits,
  copyRows,
  ...[1, 2, 3].map(rowNorms),
  jacobianRows,
  maxPoolForward,
  maxPoolLive,
  ...[1, 2, 3].map(maxPoolVjp),
] as KernelSource[];

/** Assembles the module for one target: exports `run(tape, end)`, imports its memory as `env.memory`. */
export function assembleModule(target: Target): Uint8Array {
  const functions = kernelSources.map((source) => assemble(source, target));
  const kernels = table(
    { type: funcref, min: functions.length, max: functions.length },
    functions.map((f) => Const.refFunc(f as never)),
  );
  const run = assembleRunner(kernels as Dependency.Table);
  const memory = Object.assign(importMemory({ min: 1 }), { module: "env", string: "memory" });
  const module = Module({ exports: { run, kernels }, memory });
  return module.toBytes();
}

/** The TypeScript source of `module.generated.ts`: bytes of every variant, and each kernel's index and fields. */
export function generatedSource(): string {
  const kernels = kernelSources
    .map((k, index) => `  ${k.name}: { index: ${index}, fields: ${JSON.stringify(k.fields)} },`)
    .join("\n");
  const bytes = (target: Target): string => Buffer.from(assembleModule(target)).toString("base64");
  return [
    "// Made by build.mjs from the kernel sources; not in git.",
    `export const kernels = {\n${kernels}\n} as const;`,
    `export const plainModule = "${bytes({ relaxed: false })}";`,
    `export const relaxedModule = "${bytes({ relaxed: true })}";`,
    "",
  ].join("\n");
}
