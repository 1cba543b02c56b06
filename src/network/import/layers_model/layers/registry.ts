import type { OpName } from "../../../spec.js";
import type { Activation } from "../../dataflow/activation.js";
import type { Arithmetic } from "../../dataflow/arithmetic.js";
import { isRecord } from "../../failure.js";
import { ACTIVATION_OPERATORS } from "../activations.js";
import { normalizedConfig } from "../config.js";
import type { LayerCall } from "../layer_call.js";
import {
  importOperation,
  importTensorflowFunction,
  isOperation,
  isOperationCall,
} from "../operations/registry.js";
import type { Writer } from "../topology.js";
import { importActivation, importActivationLayer, importPrelu, importSoftmax } from "./activation.js";
import { importMultiHeadAttention } from "./attention.js";
import { importConv, importDepthwiseConv, importSeparableConv } from "./convolution.js";
import { importDense } from "./dense.js";
import {
  importCropping,
  importFlatten,
  importPermute,
  importRepeatVector,
  importReshape,
  importZeroPadding,
} from "./layout.js";
import { importArithmetic, importAverage, importConcatenate } from "./merge.js";
import {
  importBatchNormalization,
  importGroupNormalization,
  importLayerNormalization,
  importNormalization,
  importRescaling,
  importRmsNormalization,
} from "./normalization.js";
import { importOperationLayer } from "./operation.js";
import { importGlobalPool, importPool } from "./pooling.js";
import { importCenterCrop, importRandomCrop, importResizing, importUpSampling } from "./resize.js";
import { importTransposedConv } from "./transposed.js";

type Importer = (call: LayerCall) => Activation;

/** A class of layers, under all the names that Keras and TensorFlow.js have for it. */
interface LayerClass {
  readonly names: readonly string[];
  readonly importer: Importer;
  /** What it may become, apart from the activation that it carries. */
  readonly operators: readonly OpName[];
}

/** What does nothing at inference. */
const skip: Importer = (call) => {
  requireInference(call);
  return identity(call);
};

const identity: Importer = (call) => {
  call.settings.ignoreAll();
  return call.flow.map({ op: "Identity" }, call.input);
};

const normalize: Importer = (call) => {
  requireInference(call);
  return importBatchNormalization(call);
};

/** Steps that are all 0 become 0, which they are; others need what recurrent layers know of it. */
const mask: Importer = (call) =>
  call.number("mask_value", 0) === 0 ? identity(call) : call.unsupported("mask_value other than 0");

const ACTIVATIONS = ["Relu", "Clip", "LeakyRelu", "Elu", "ThresholdedRelu"] as const;

const LAYERS: readonly LayerClass[] = [
  layer(["Conv2D", "Convolution2D"], (call) => importConv(call, 2), ["Conv"]),
  layer(["Conv1D", "Convolution1D"], (call) => importConv(call, 1), ["Conv"]),
  layer(["DepthwiseConv2D"], (call) => importDepthwiseConv(call, 2), ["Conv"]),
  layer(["DepthwiseConv1D"], (call) => importDepthwiseConv(call, 1), ["Conv"]),
  layer(["SeparableConv2D", "SeparableConvolution2D"], (call) => importSeparableConv(call, 2), ["Conv"]),
  layer(["SeparableConv1D", "SeparableConvolution1D"], (call) => importSeparableConv(call, 1), ["Conv"]),
  layer(["Dense"], importDense, ["Gemm"]),
  layer(
    ["BatchNormalization", "BatchNormalizationV1", "BatchNormalizationV2", "SyncBatchNormalization"],
    normalize,
    ["BatchNormalization"],
  ),
  layer(["LayerNormalization"], importLayerNormalization, ["LayerNormalization"]),
  layer(["RMSNormalization"], importRmsNormalization, ["Mul", "ReduceMean", "Add", "Pow"]),
  layer(["GroupNormalization"], importGroupNormalization, ["LayerNormalization", "Mul", "Add"]),
  layer(["MultiHeadAttention"], importMultiHeadAttention, ["Gemm", "MatMul", "Softmax", "Mul", "Transpose"]),
  layer(["Conv2DTranspose", "Deconvolution2D"], (call) => importTransposedConv(call, 2), [
    "Conv",
    "Transpose",
    "Slice",
  ]),
  layer(["Conv1DTranspose"], (call) => importTransposedConv(call, 1), ["Conv", "Transpose", "Slice"]),
  layer(["Normalization"], importNormalization, ["BatchNormalization", "Sub", "Div", "Mul", "Add"]),
  layer(["Rescaling"], importRescaling, ["Mul", "Add", "Constant"]),
  layer(["Activation"], importActivation, ["Identity"]),
  layer(["ReLU", "LeakyReLU", "ELU", "ThresholdedReLU"], importActivationLayer, ACTIVATIONS),
  layer(["PReLU"], importPrelu, ["PRelu"]),
  layer(["Softmax"], importSoftmax, ["Softmax"]),
  ...pools("MaxPool", ["MaxPooling", "MaxPool"], "max"),
  ...pools("AveragePool", ["AveragePooling", "AvgPool"], "average"),
  ...globalPools("GlobalAveragePool", ["GlobalAveragePooling", "GlobalAvgPool"], "mean"),
  ...globalPools("GlobalMaxPool", ["GlobalMaxPooling", "GlobalMaxPool"], "max"),
  ...arithmetic({ Add: "Add", Multiply: "Mul", Maximum: "Max", Minimum: "Min" }, false),
  ...arithmetic({ Subtract: "Sub", Divide: "Div", TrueDivide: "Div" }, true),
  layer(["Average"], importAverage, ["Add", "Mul", "Constant"]),
  layer(["Concatenate"], importConcatenate, ["Concat"]),
  layer(["ZeroPadding2D"], (call) => importZeroPadding(call, 2), ["Pad"]),
  layer(["ZeroPadding1D"], (call) => importZeroPadding(call, 1), ["Concat"]),
  layer(["Cropping2D"], (call) => importCropping(call, 2), ["Slice"]),
  layer(["Cropping1D"], (call) => importCropping(call, 1), ["Slice"]),
  layer(["UpSampling2D"], (call) => importUpSampling(call, 2), ["Resize"]),
  layer(["UpSampling1D"], (call) => importUpSampling(call, 1), ["Resize"]),
  layer(["Resizing"], importResizing, ["Resize", "Slice", "Pad"]),
  layer(["CenterCrop"], importCenterCrop, ["Slice", "Resize"]),
  layer(["RandomCrop"], importRandomCrop, ["Slice", "Resize"]),
  layer(["Flatten"], importFlatten, ["Flatten", "Transpose"]),
  layer(["Reshape"], importReshape, ["Reshape"]),
  layer(["Permute"], importPermute, ["Transpose"]),
  layer(["RepeatVector"], importRepeatVector, ["Concat"]),
  layer(["TimeDistributed"], importTimeDistributed, []),
  layer(["Masking"], mask, ["Identity"]),
  layer(["Dropout", "SpatialDropout1D", "SpatialDropout2D", "AlphaDropout", "FixedDropout"], skip, [
    "Identity",
  ]),
  layer(["GaussianDropout", "GaussianNoise"], skip, ["Identity"]),
  layer(["MixUp", "CutMix", "RandAugment", "AugMix"], skip, ["Identity"]),
  layer(["ActivityRegularization", "Identity"], identity, ["Identity"]),
];

/** Layers that change images at random while a model is trained, of which Keras has two dozen. */
const AT_RANDOM = layer(["Random..."], skip, ["Identity"]);

/** Layers that do the same to every step by themselves, so that it makes no difference to be told so. */
const SAME_FOR_EACH_STEP =
  /^(Dense|Activation|ReLU|LeakyReLU|ELU|ThresholdedReLU|.*Dropout|Rescaling|Identity)$/;

/** `TimeDistributed`: a layer on every step of a sequence, whose weights go by the name of this one. */
function importTimeDistributed(call: LayerCall): Activation {
  const inner = call.settings.get("layer");
  const given = isRecord(inner) && isRecord(inner.config) ? inner.config : {};
  const className = isRecord(inner) && typeof inner.class_name === "string" ? inner.class_name : "";
  if (!SAME_FOR_EACH_STEP.test(className)) return call.unsupported(`of a layer ${className}`);
  const config = normalizedConfig(given, call.toString());
  return importLayer(call.of({ ...call.layer, className, config }))[0];
}

function pools(op: OpName, names: readonly string[], kind: "max" | "average"): LayerClass[] {
  return [2, 1].map((spatial) =>
    layer(
      names.map((name) => `${name}${spatial}D`),
      (call) => importPool(call, kind, spatial),
      [op],
    ),
  );
}

function globalPools(op: OpName, names: readonly string[], kind: "max" | "mean"): LayerClass[] {
  return [2, 1].map((spatial) =>
    layer(
      names.map((name) => `${name}${spatial}D`),
      (call) => importGlobalPool(call, kind, spatial),
      [op, "Reshape"],
    ),
  );
}

function layer(names: readonly string[], importer: Importer, operators: readonly OpName[]): LayerClass {
  return { names, importer, operators };
}

/** Layers of arithmetic, by their class and the operator that each is. */
function arithmetic(classes: Readonly<Record<string, Arithmetic>>, takesTwo: boolean): LayerClass[] {
  return Object.entries(classes).map(([name, op]) =>
    layer([name], (call) => importArithmetic(call, op, takesTwo), [op, "Constant"]),
  );
}

const BY_NAME: ReadonlyMap<string, LayerClass> = new Map(
  LAYERS.flatMap((entry) => entry.names.map((name) => [name, entry] as const)),
);

/** What becomes each operator: classes of layers by their first name, `activation` for a function that a layer carries. */
export const LAYERS_MODEL_COVERAGE: ReadonlyMap<OpName, readonly string[]> = coverage();

function coverage(): Map<OpName, string[]> {
  const found = new Map<OpName, string[]>();
  const note = (operator: OpName, source: string) => {
    found.set(operator, [...new Set(found.get(operator)).add(source)]);
  };
  for (const { names, operators } of LAYERS) for (const operator of operators) note(operator, names[0]);
  for (const operator of ACTIVATION_OPERATORS) note(operator, "activation");
  return found;
}

/** Whether layers of a class can be imported; whether one of them can, its settings decide. */
export function hasImporter(className: string, writer: Writer): boolean {
  const isOwn = classOf(className) !== undefined || OF_TENSORFLOW.has(className);
  return isOwn || (writer === "keras3" && isOperation(className));
}

/** Models with a layer of this class need the importer's `operations`. */
export const OPERATION_LAYER = "TensorFlowOpLayer";

/** What tf.keras of TensorFlow 2 makes of a function that is called on a tensor. */
const OF_TENSORFLOW: ReadonlySet<string> = new Set(["TFOpLambda", "SlicingOpLambda", OPERATION_LAYER]);

function classOf(className: string): LayerClass | undefined {
  return BY_NAME.get(className) ?? (/^Random[A-Z]/.test(className) ? AT_RANDOM : undefined);
}

/**
 * Turns one call of a layer into operators.
 *
 * @returns the values that the call makes
 * @throws UnsupportedOperatorError for a class that is not listed, and for settings that there is no operator for
 */
export function importLayer(call: LayerCall): readonly Activation[] {
  if (call.layer.className === OPERATION_LAYER) return importOperationLayer(call);
  if (OF_TENSORFLOW.has(call.layer.className)) return importTensorflowFunction(call);
  if (call.writer === "keras3" && isOperationCall(call)) return importOperation(call);
  const entry = classOf(call.layer.className);
  if (!entry) return call.unsupported("");
  const value = entry.importer(call);
  call.refuseUnread();
  return [value];
}

/** A layer that was called with `training: true` behaves as in training for ever. */
function requireInference(call: LayerCall): void {
  if (call.given.kwargs.training === true) call.unsupported("called with training: true");
}
