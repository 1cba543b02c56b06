/** `unifool/kernels`: the raw batched kernels, for people who already have a Jacobian. */

export {
  type DeepfoolStep,
  type DeepfoolStepOptions,
  deepfoolStep,
  project,
  rowNorms,
} from "./api/raw_kernels.js";
export { InvalidArgumentError, UnifoolError } from "./errors.js";
