/** unifool: input Jacobians, DeepFool and universal adversarial perturbations on hand-tuned kernels. */
export { type Compiled, compile } from "./api/compile.js";
export type {
  Backend,
  CompileOptions,
  CompileSource,
  TensorFlow,
  TensorFunction,
  TensorLike,
} from "./api/compiling/options.js";
export { type DeepfoolOptions, type DeepfoolResult, deepfool } from "./api/deepfool.js";
export { foolingRate } from "./api/evaluate.js";
export type { FoolingRate, FoolingRateOptions, Rate } from "./api/evaluating/options.js";
export { gradient } from "./api/gradient.js";
export { inspect } from "./api/inspect.js";
export type {
  InspectedLayer,
  InspectedModel,
  Inspection,
  InspectOptions,
  UnsupportedModel,
} from "./api/inspection.js";
export type { LayerKernels, PassKernels } from "./api/layer_kernels.js";
export { type LoadableModel, type LoadModelOptions, loadModel } from "./api/load_model.js";
export type { MinimalMethod, MinimalOptions, MinimalResult, SdfVariant } from "./api/minimal/options.js";
export { minimalPerturbation } from "./api/minimal.js";
export type { SuggestedInput } from "./api/suggested_input.js";
export type { UniversalMethod } from "./api/universal/method.js";
export type { UniversalOptions } from "./api/universal/options.js";
export { universalPerturbation } from "./api/universal.js";
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
  GradientEngine,
  Jacobian,
  JacobianOptions,
  Logits,
  LogitsOptions,
} from "./engines/engine.js";
export type { Gradient, GradientOptions, LossOptions } from "./engines/gradient.js";
export type { Pixels } from "./engines/pixels.js";
export {
  EngineError,
  InvalidArgumentError,
  ModelError,
  UnifoolError,
  type UnsupportedLayer,
  UnsupportedOperatorError,
} from "./errors.js";
export type * from "./kernels/operators/members.generated.js";
export { buildNetwork } from "./network/build.js";
export type { LiveLayersModel } from "./network/import/layers_model/is_live.js";
export type { ModelBytes, ModelFiles } from "./network/import/source/model_files.js";
export { type InputOptions, type InputTransform, resolveInput } from "./network/input.js";
export type { CompileProgress, CompileStage } from "./network/progress.js";
export {
  type Network,
  type NetworkSpec,
  type Node,
  type NodeSpec,
  type Operator,
  type OperatorNamed,
  type OpName,
  type Shape,
  sizeOf,
} from "./network/spec.js";
