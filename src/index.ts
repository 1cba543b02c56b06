/** unifool: input Jacobians, DeepFool and universal adversarial perturbations on hand-tuned kernels. */
export {
  type Backend,
  type Compiled,
  type CompileOptions,
  type CompileSource,
  compile,
  type TensorFlow,
  type TensorFunction,
} from "./api/compile.js";
export { type DeepfoolOptions, type DeepfoolResult, deepfool } from "./api/deepfool.js";
export { type FoolingRate, type FoolingRateOptions, foolingRate } from "./api/evaluate.js";
export { type UniversalOptions, universalPerturbation } from "./api/universal.js";
export {
  type PartialUniversalResult,
  UniversalAbortedError,
  type UniversalPass,
  type UniversalProgress,
  type UniversalResult,
} from "./api/universal_result.js";
export type {
  CraftingRequest,
  CraftingState,
  DeepfoolProfile,
  DeepfoolRequest,
  DeepfoolRun,
  Engine,
  Jacobian,
  JacobianOptions,
  Logits,
} from "./engines/engine.js";
export { createReferenceEngine } from "./engines/reference.js";
export {
  EngineError,
  InvalidArgumentError,
  ModelError,
  UnifoolError,
  type UnsupportedLayer,
  UnsupportedOperatorError,
} from "./errors.js";
export { buildNetwork } from "./network/build.js";
export { type InputOptions, type InputTransform, resolveInput } from "./network/input.js";
export type { LiveLayersModel } from "./network/layers_model/load.js";
export type { Network, NetworkSpec, Node, NodeSpec, Operator, Shape } from "./network/spec.js";
