import { deflateRawSync } from "node:zlib";
import { Const, type Dependency, elem, funcref, importMemory, Module, table } from "wasmati";
import { affine } from "../affine/wasm.js";
import { sumRepeated } from "../arithmetic/wasm_repeated.js";
import { convForward } from "../conv/wasm_forward.js";
import { convForwardColumns } from "../conv/wasm_forward_columns.js";
import { convForwardGrouped } from "../conv/wasm_forward_grouped.js";
import { convForwardSparse } from "../conv/wasm_forward_sparse.js";
import { convGradient } from "../conv/wasm_gradient.js";
import { chooseConvGradient } from "../conv/wasm_gradient_choice.js";
import { convGradientFew } from "../conv/wasm_gradient_few.js";
import { convGradientLive } from "../conv/wasm_gradient_live.js";
import { convGradientSparse } from "../conv/wasm_gradient_sparse.js";
import { convVjp } from "../conv/wasm_vjp.js";
import { convVjpGrouped } from "../conv/wasm_vjp_grouped.js";
import { winogradInput } from "../conv/wasm_winograd_input.js";
import { winogradMultiply } from "../conv/wasm_winograd_multiply.js";
import { copyRows } from "../copy_rows/wasm.js";
import { copyStrided } from "../copy_strided/wasm.js";
import { deepfoolChoose } from "../deepfool_step/wasm_choose.js";
import { deepfoolFinish } from "../deepfool_step/wasm_finish.js";
import { deepfoolJudge } from "../deepfool_step/wasm_judge.js";
import { deepfoolKeep } from "../deepfool_step/wasm_keep.js";
import { deepfoolNearest } from "../deepfool_step/wasm_nearest.js";
import { deepfoolPoint } from "../deepfool_step/wasm_point.js";
import { deepfoolStart } from "../deepfool_step/wasm_start.js";
import { deepfoolStep } from "../deepfool_step/wasm_step.js";
import { depthwiseForward } from "../depthwise/wasm_forward.js";
import { depthwiseGradient } from "../depthwise/wasm_gradient.js";
import { depthwiseVjp } from "../depthwise/wasm_vjp.js";
import { gatherUnits } from "../gather/wasm.js";
import { liveList, liveListOfCandidates } from "../live_list/wasm.js";
import { maxPoolForward } from "../max_pool/wasm_forward.js";
import { maxPoolGradient } from "../max_pool/wasm_gradient.js";
import { maxPoolLive, maxPoolVjp } from "../max_pool/wasm_vjp.js";
import { nonzeroList } from "../nonzero_list/wasm.js";
import { operatorKernels } from "../operators/wasm_kernels.generated.js";
import { panelVjp } from "../panel_product/wasm_vjp.js";
import { pixelMap } from "../pixel_map/wasm.js";
import { reduceSum, repeatScaled } from "../reduction/wasm.js";
import { rowNorms } from "../row_norms/wasm.js";
import { jacobianRows } from "../row_norms/wasm_jacobian_rows.js";
import { runTapes } from "../run_tapes/wasm.js";
import { scaleLanes } from "../scale/wasm.js";
import { scaleSingle } from "../scale/wasm_single.js";
import { seedPass } from "../seeds/wasm.js";
import { topClasses } from "../top_classes/wasm.js";
import {
  assemble,
  type KernelSource,
  kernel,
  loadV,
  madd,
  scratchOffset,
  storeV,
  type Target,
  type V128,
} from "./assembler.js";
import { moduleBytes } from "./module_bytes.js";
import { rowModuleSource } from "./row_module.js";
import { runner, threadedRunners } from "./runner.js";

/** Every kernel of the module, in the order of its table. Used at build time only. */
export const kernelSources: readonly KernelSource[] = [
  // Kernels alike lie together: a deflated module finds what repeats within 32 KiB.
  chooseConvGradient,
  nonzeroList,
  convForwardSparse,
  convGradientSparse,
  convForwardColumns,
  convForward({ pixels: 1, vectors: 2 }),
  convForward({ pixels: 2, vectors: 4 }),
  convForward({ pixels: 4, vectors: 2 }),
  convGradient({ pixels: 4, vectors: 2 }),
  convGradient({ pixels: 2, vectors: 4 }),
  convGradient({ pixels: 7, vectors: 1 }),
  convForwardGrouped({ pixels: 7, vectors: 1 }),
  convForwardGrouped({ pixels: 4, vectors: 2 }),
  convForwardGrouped({ pixels: 2, vectors: 4 }),
  convGradientFew(3),
  convGradientFew(1),
  convGradientLive,
  winogradInput,
  winogradMultiply,
  ...[4, 8, 10, 12].map((lanes) => convVjp({ lanes })),
  ...[4, 8, 10, 12].map((lanes) => convVjpGrouped({ lanes })),
  ...[4, 8, 10, 12].map(panelVjp),
  liveList,
  liveListOfCandidates,
  affine,
  scaleSingle,
  ...[1, 2, 3].map(scaleLanes),
  pixelMap,
  gatherUnits,
  copyRows,
  copyStrided,
  reduceSum,
  ...([1, 4, 8, 12] as const).map(sumRepeated),
  repeatScaled,
  ...[1, 2, 3].map(rowNorms),
  jacobianRows,
  maxPoolForward,
  maxPoolLive,
  maxPoolGradient,
  ...[1, 2, 3].map(maxPoolVjp),
  ...([1, 2, 4, "any"] as const).map(depthwiseForward),
  ...[false, true].map(depthwiseGradient),
  ...[false, true].flatMap((multiplied) => [1, 2, 3].map((vectors) => depthwiseVjp(vectors, multiplied))),
  ...operatorKernels,
  runTapes,
  topClasses,
  seedPass,
  ...[deepfoolStart, deepfoolJudge, deepfoolNearest, deepfoolKeep],
  ...[deepfoolChoose, deepfoolStep, deepfoolPoint, deepfoolFinish],
] as KernelSource[];

/** Assembles the module for one target: exports `run(tape, end)`, imports its memory as `env.memory`. */
export function assembleModule(target: Target): Uint8Array {
  // The table comes first: kernels that run tapes call what is in it.
  const kernels = table({ type: funcref, min: kernelSources.length, max: kernelSources.length });
  const run = runner(kernels as Dependency.Table);
  const functions = kernelSources.map((source) => assemble(source, target, run));
  elem(
    { type: funcref, mode: { table: kernels, offset: Const.i32(0) } },
    functions.map((f) => Const.refFunc(f as never)),
  );
  const imported = importMemory({ min: 1, max: 65536, shared: true });
  const memory = Object.assign(imported, { module: "env", string: "memory" });
  const module = Module({
    exports: { run, ...threadedRunners(kernels as Dependency.Table), kernels, scratch: scratchOffset },
    memory,
  });
  return moduleBytes(module);
}

/** `x = x x + x`, a vector: what the variants do each in its way. */
const square = kernel("probe", ["x"], ({ field, target }) => {
  const x = field("x");
  const value = (): V128 => loadV(x);
  storeV(x, madd(target, value(), value(), value()));
});

/** A module so small that its text is nothing, with the instructions that the variant needs: for `WebAssembly.validate`. */
function assembleProbe(target: Target): Uint8Array {
  const memory = Object.assign(importMemory({ min: 1 }), { module: "env", string: "memory" });
  return Module({ exports: { probe: assemble(square as KernelSource, target) as never }, memory }).toBytes();
}

/** Generated files, beside this one: each kernel's fields, in the order of the table, and the bytes of both variants, deflated. */
export function generatedSources(): Record<string, string> {
  // Kernels of several tiles have the same fields, which are there once.
  const lists = [...new Set(kernelSources.map(({ fields }) => JSON.stringify(fields)))];
  const fieldsOf = ({ fields }: KernelSource): string => `f${lists.indexOf(JSON.stringify(fields))}`;
  const constants = lists.map((list, i) => `const f${i} = ${list} as const;`);
  const kernels = kernelSources.map((k) => `  ${k.name}: ${fieldsOf(k)},`).join("\n");
  const notice = "// Made by build.mjs from the kernel sources; not in git.";
  const base64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString("base64");
  const raw = (text: string): string => `/* @__PURE__ */ String.raw\`\n${text}\n\``;
  // Deflated, because base64 hides from a server's gzip what repeats: 31 kB a variant, not 54. Raw, because bundlers cut
  // other strings into lines, which compress badly; on a line of its own, as base64 may be, because Node prints the whole
  // line that an error comes from.
  const variant = (target: Target): string =>
    `${notice}\nexport const deflated = ${raw(base64(deflateRawSync(assembleModule(target), { level: 9 })))};\n`;
  return {
    "kernels.generated.ts": [
      notice,
      ...constants,
      `/** The fields of every kernel, in the order of the module's table. */\nexport const kernels = {\n${kernels}\n} as const;`,
      "",
    ].join("\n"),
    "module.generated.ts": [
      notice,
      "// Where the flags of the imported memory's limits are, in both modules: they say shared with a maximum.",
      `export const memoryFlagsAt = ${memoryFlagsAt()};`,
      "// Whether a platform takes the variants.",
      `export const simdProbe = "${base64(assembleProbe({ relaxed: false }))}";`,
      `export const relaxedProbe = "${base64(assembleProbe({ relaxed: true }))}";`,
      "",
    ].join("\n"),
    "simd_module.generated.ts": variant({ relaxed: false }),
    "relaxed_module.generated.ts": variant({ relaxed: true }),
    "row_module.generated.ts": rowModuleSource(),
  };
}

/** Finds the limits flags in the import section: after the import's names and its kind (2, a memory). */
function memoryFlagsAt(): number {
  const offsets = [false, true].map((relaxed) => {
    const bytes = Buffer.from(assembleModule({ relaxed }));
    const name = bytes.indexOf("\u0006memory\u0002", 0, "latin1");
    if (name < 0 || bytes[name + 8] !== 3) throw new Error("module: no shared memory import found");
    return name + 8;
  });
  if (offsets[0] !== offsets[1]) throw new Error("module: the variants' imports differ");
  return offsets[0];
}
