/**
 * What is broken: `from`, a text that occurs once in `file`, becomes `to`. `tests` are those that should notice, fast ones
 * first; after them come the suites of the engine (`suites.mjs`). One file of `list/` an area.
 */
import { mutants as operators } from "./list/operators.mjs";
import { mutants as wasmConvForward } from "./list/wasm_conv_forward.mjs";
import { mutants as wasmConvVjp } from "./list/wasm_conv_vjp.mjs";
import { mutants as wasmDeepfool } from "./list/wasm_deepfool.mjs";
import { mutants as wasmEngine } from "./list/wasm_engine.mjs";
import { mutants as wasmRows } from "./list/wasm_rows.mjs";
import { mutants as wasmWindows } from "./list/wasm_windows.mjs";
import { mutants as wasmWinograd } from "./list/wasm_winograd.mjs";
import { mutants as webgpuEngine } from "./list/webgpu_engine.mjs";
import { mutants as wgslAttacks } from "./list/wgsl_attacks.mjs";
import { mutants as wgslLayers } from "./list/wgsl_layers.mjs";

/** @typedef {{name: string, engine: "wasm" | "webgpu", what: string, file: string, from: string, to: string, tests: {files: string[], filter?: string}[]}} Mutant */

/** @type {Mutant[]} */
export const mutants = [
  ...wasmConvForward,
  ...wasmConvVjp,
  ...wasmWinograd,
  ...wasmWindows,
  ...wasmRows,
  ...wasmDeepfool,
  ...wasmEngine,
  ...wgslLayers,
  ...wgslAttacks,
  ...webgpuEngine,
  ...operators,
];
