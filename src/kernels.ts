/** `unifool/kernels`: the raw batched kernels, for people who already have a Jacobian. */

export { type Kernels, openKernels } from "./api/open_kernels.js";
export type {
  DeepfoolStep,
  DeepfoolStepOptions,
  ProjectOptions,
  TopClassesOptions,
} from "./api/raw_arguments.js";
export { deepfoolStep, project, rowNorms, topClasses } from "./api/raw_kernels.js";
export { EngineError, InvalidArgumentError, UnifoolError } from "./errors.js";
