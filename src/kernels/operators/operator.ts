/**
 * Every operator, by the folder that owns it: names and semantics are ONNX's, layouts channels last. One line an operator;
 * the tables beside this file (`*.generated.ts`) are made from the folders by build.mjs, and checked against this list
 * by the compiler.
 */
export type Operator =
  | import("./abs/spec.js").Abs
  | import("./add/spec.js").Add
  | import("./average_pool/spec.js").AveragePool
  | import("./batch_normalization/spec.js").BatchNormalization
  | import("./clip/spec.js").Clip
  | import("./concat/spec.js").Concat
  | import("./constant/spec.js").Constant
  | import("./conv/spec.js").Conv
  | import("./div/spec.js").Div
  | import("./elu/spec.js").Elu
  | import("./erf/spec.js").Erf
  | import("./exp/spec.js").Exp
  | import("./flatten/spec.js").Flatten
  | import("./gather/spec.js").Gather
  | import("./gelu/spec.js").Gelu
  | import("./gemm/spec.js").Gemm
  | import("./global_average_pool/spec.js").GlobalAveragePool
  | import("./global_max_pool/spec.js").GlobalMaxPool
  | import("./hard_sigmoid/spec.js").HardSigmoid
  | import("./hard_swish/spec.js").HardSwish
  | import("./identity/spec.js").Identity
  | import("./layer_normalization/spec.js").LayerNormalization
  | import("./leaky_relu/spec.js").LeakyRelu
  | import("./log/spec.js").Log
  | import("./log_softmax/spec.js").LogSoftmax
  | import("./mat_mul/spec.js").MatMul
  | import("./max/spec.js").Max
  | import("./max_pool/spec.js").MaxPool
  | import("./min/spec.js").Min
  | import("./mish/spec.js").Mish
  | import("./mul/spec.js").Mul
  | import("./neg/spec.js").Neg
  | import("./p_relu/spec.js").PRelu
  | import("./pad/spec.js").Pad
  | import("./pow/spec.js").Pow
  | import("./reciprocal/spec.js").Reciprocal
  | import("./reduce_max/spec.js").ReduceMax
  | import("./reduce_mean/spec.js").ReduceMean
  | import("./reduce_sum/spec.js").ReduceSum
  | import("./relu/spec.js").Relu
  | import("./reshape/spec.js").Reshape
  | import("./resize/spec.js").Resize
  | import("./selu/spec.js").Selu
  | import("./sigmoid/spec.js").Sigmoid
  | import("./sign/spec.js").Sign
  | import("./slice/spec.js").Slice
  | import("./softmax/spec.js").Softmax
  | import("./softplus/spec.js").Softplus
  | import("./softsign/spec.js").Softsign
  | import("./sqrt/spec.js").Sqrt
  | import("./sub/spec.js").Sub
  | import("./swish/spec.js").Swish
  | import("./tanh/spec.js").Tanh
  | import("./thresholded_relu/spec.js").ThresholdedRelu
  | import("./transpose/spec.js").Transpose;

export type OpName = Operator["op"];

/** The operator of that name. */
export type OperatorNamed<N extends OpName> = Extract<Operator, { readonly op: N }>;

/** A table with an answer for every operator: leaving one out does not compile. */
export type OperatorTable<A extends { readonly [N in OpName]: unknown }> = { readonly [N in OpName]: A[N] };
