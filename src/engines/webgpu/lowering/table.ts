import { UnsupportedOperatorError } from "../../../api/errors.js";
import type { Operator, OpName } from "../../../network/spec.js";
import { activation } from "./activation.js";
import { batchNormalization, clamp } from "./affine.js";
import { arithmetic, constant } from "./arithmetic.js";
import { concat, slice, transpose } from "./concat.js";
import { conv, gemm } from "./conv.js";
import type { Lowering } from "./lowering.js";
import { globalMaxPool, maxPool } from "./max_pool.js";
import { averagePool, globalAveragePool, pad, resize } from "./pixel_map.js";

/** What `fuse` removes or `buildNetwork` strips never arrives here. */
const never: Lowering = {
  forward: (step) => {
    throw new UnsupportedOperatorError(step.node.name, step.node.op);
  },
  vjp: () => {},
};

type Lowerings = { readonly [Op in OpName]: Lowering<Extract<Operator, { readonly op: Op }>> };

/** The lowering of every operator. */
export const lowerings = {
  Conv: conv,
  Gemm: gemm,
  BatchNormalization: batchNormalization,
  Relu: clamp,
  Clip: clamp,
  LeakyRelu: activation,
  PRelu: activation,
  ThresholdedRelu: activation,
  Elu: activation,
  Selu: activation,
  Sigmoid: activation,
  Tanh: activation,
  Softplus: activation,
  Softsign: activation,
  Mish: activation,
  Swish: activation,
  HardSwish: activation,
  HardSigmoid: activation,
  Gelu: activation,
  MaxPool: maxPool,
  AveragePool: averagePool,
  GlobalAveragePool: globalAveragePool,
  GlobalMaxPool: globalMaxPool,
  Add: arithmetic,
  Sub: arithmetic,
  Mul: arithmetic,
  Constant: constant,
  Concat: concat,
  Pad: pad,
  Slice: slice,
  Resize: resize,
  Flatten: never,
  Reshape: never,
  Transpose: transpose,
  Identity: never,
  Softmax: never,
} as unknown as Lowerings & Record<OpName, Lowering>;
