/**
 * The float64 definition of every operator, by name. `Softmax` has none: `buildNetwork` strips it.
 */
import type { Operator, OpName } from "../network/spec.js";
import { activation } from "./activation/reference.js";
import { arithmetic } from "./arithmetic/reference.js";
import { averagePool } from "./average_pool/reference.js";
import { batchNormalization } from "./batch_normalization/reference.js";
import { concat } from "./concat/reference.js";
import { constant } from "./constant/reference.js";
import { conv } from "./conv/reference.js";
import { gemm } from "./gemm/reference.js";
import { globalAveragePool } from "./global_average_pool/reference.js";
import { globalMaxPool } from "./global_max_pool/reference.js";
import { identity } from "./identity/reference.js";
import { maxPool } from "./max_pool/reference.js";
import { pad } from "./pad/reference.js";
import type { ReferenceOperator } from "./reference_operator.js";
import { reshape } from "./reshape/reference.js";
import { resize } from "./resize/reference.js";
import { slice } from "./slice/reference.js";
import { transpose } from "./transpose/reference.js";

/** The member of {@link Operator} that has the name `N` among its names. */
type OperatorNamed<N extends OpName, O = Operator> = O extends { readonly op: infer M }
  ? N extends M
    ? O
    : never
  : never;

const operators: { readonly [N in Exclude<OpName, "Softmax">]: ReferenceOperator<OperatorNamed<N>> } = {
  Conv: conv,
  Gemm: gemm,
  BatchNormalization: batchNormalization,
  Relu: activation,
  Clip: activation,
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
  Flatten: reshape,
  Reshape: reshape,
  Transpose: transpose,
  Identity: identity,
};

/** The reference of an operator, or undefined where there is none (`Softmax`). */
export function referenceOperator(op: OpName): ReferenceOperator<Operator> | undefined {
  return op === "Softmax" ? undefined : (operators[op] as ReferenceOperator<Operator>);
}
