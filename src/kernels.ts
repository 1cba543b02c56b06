/** `unifool/kernels`: the raw batched kernels, for people who already have a Jacobian. */
export { InvalidArgumentError, UnifoolError } from "./api/errors.js";
export {
  type DeepfoolStep,
  type DeepfoolStepOptions,
  deepfoolStep,
  project,
  rowNorms,
} from "./api/raw_kernels.js";
