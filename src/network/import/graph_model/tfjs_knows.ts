/** The way out where TensorFlow.js runs and differentiates what is missing here. */
const RUN_AS_FUNCTION =
  'pass a function that returns the logits, such as (x) => model.execute(x, "logits") of the live tf.GraphModel, and ' +
  '{ backend: "tfjs", inputShape, classes } to run it on TensorFlow.js';

/** Operators of TensorFlow that TensorFlow.js 4 runs and has gradients of. */
const DIFFERENTIABLE = new Set([
  ...["Abs", "Acos", "Acosh", "Add", "AddN", "AddV2", "Asin", "Asinh", "Atan", "Atan2", "Atanh", "AvgPool"],
  ...["AvgPool3D", "BatchMatMul", "BatchMatMulV2", "BatchToSpaceND", "BiasAdd", "BroadcastTo", "Cast"],
  ...[
    "ClipByValue",
    "Concat",
    "ConcatV2",
    "Conv1D",
    "Conv2D",
    "Conv2DBackpropInput",
    "Conv3D",
    "Cos",
    "Cosh",
  ],
  ...["Cumsum", "DepthwiseConv2d", "DepthwiseConv2dNative", "Dilation2D", "Div", "Elu", "Erf", "Exp"],
  ...["ExpandDims", "Expm1", "FusedBatchNorm", "FusedBatchNormV2", "FusedBatchNormV3", "Gather", "GatherV2"],
  ...["Identity", "IdentityN", "LRN", "LeakyRelu", "Log", "Log1p", "LogSoftmax", "MatMul", "Max", "MaxPool"],
  ...["MaxPool3D", "Maximum", "Mean", "Min", "Minimum", "MirrorPad", "Mod", "Mul", "Neg", "Pack", "Pad"],
  ...["PadV2", "Pow", "Prelu", "Prod", "RealDiv", "Reciprocal", "Relu", "Relu6", "Reshape"],
  ...[
    "ResizeBilinear",
    "ResizeNearestNeighbor",
    "Reverse",
    "ReverseV2",
    "Rsqrt",
    "Select",
    "SelectV2",
    "Selu",
  ],
  ...["Sigmoid", "Sin", "Sinh", "Slice", "Softmax", "Softplus", "SpaceToBatchND", "Split", "SplitV", "Sqrt"],
  ...["Square", "SquaredDifference", "Squeeze", "Sub", "Sum", "Tan", "Tanh", "Tile", "Transpose", "Unpack"],
]);

/** What to do instead where TensorFlow.js can do it; undefined where it cannot. */
export function wayOutOf(operator: string): string | undefined {
  return DIFFERENTIABLE.has(operator) ? RUN_AS_FUNCTION : undefined;
}
