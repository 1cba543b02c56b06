import type { Operator, OpName } from "../../../spec.js";
import type { Value } from "../../graph_builder.js";
import { ACTIVATION_OPERATORS } from "../activations.js";
import type { LayerCall } from "../layer_call.js";
import { importActivation, importActivationLayer, importPrelu, importSoftmax } from "./activation.js";
import { importConv2d, importDepthwiseConv2d, importSeparableConv2d } from "./convolution.js";
import { importDense } from "./dense.js";
import {
  importCropping2d,
  importFlatten,
  importPermute,
  importReshape,
  importZeroPadding2d,
} from "./layout.js";
import { importArithmetic, importAverage, importConcatenate } from "./merge.js";
import { importBatchNormalization, importNormalization, importRescaling } from "./normalization.js";
import { importGlobalPool, importPool } from "./pooling.js";
import { importResizing, importUpSampling2d } from "./resize.js";

type Importer = (call: LayerCall) => Value;

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
  return call.add({ op: "Identity" }, [call.input]);
};

const normalize: Importer = (call) => {
  requireInference(call);
  return importBatchNormalization(call);
};

const ACTIVATIONS = ["Relu", "Clip", "LeakyRelu", "Elu", "ThresholdedRelu"] as const;

const LAYERS: readonly LayerClass[] = [
  layer(["Conv2D", "Convolution2D"], importConv2d, ["Conv"]),
  layer(["DepthwiseConv2D"], importDepthwiseConv2d, ["Conv"]),
  layer(["SeparableConv2D", "SeparableConvolution2D"], importSeparableConv2d, ["Conv"]),
  layer(["Dense"], importDense, ["Gemm"]),
  layer(["BatchNormalization", "BatchNormalizationV1", "BatchNormalizationV2"], normalize, [
    "BatchNormalization",
  ]),
  layer(["Normalization"], importNormalization, ["BatchNormalization"]),
  layer(["Rescaling"], importRescaling, ["Mul", "Add", "Constant"]),
  layer(["Activation"], importActivation, ["Identity"]),
  layer(["ReLU", "LeakyReLU", "ELU", "ThresholdedReLU"], importActivationLayer, ACTIVATIONS),
  layer(["PReLU"], importPrelu, ["PRelu"]),
  layer(["Softmax"], importSoftmax, ["Softmax"]),
  layer(["MaxPooling2D", "MaxPool2D"], (call) => importPool(call, "MaxPool"), ["MaxPool"]),
  layer(["AveragePooling2D", "AvgPool2D"], (call) => importPool(call, "AveragePool"), ["AveragePool"]),
  layer(["GlobalAveragePooling2D"], (call) => importGlobalPool(call, "GlobalAveragePool"), [
    "GlobalAveragePool",
    "Reshape",
  ]),
  layer(["GlobalMaxPooling2D"], (call) => importGlobalPool(call, "GlobalMaxPool"), [
    "GlobalMaxPool",
    "Reshape",
  ]),
  ...arithmetic({ Add: { op: "Add" }, Subtract: { op: "Sub" }, Multiply: { op: "Mul" } }),
  ...arithmetic({ Divide: { op: "Div" }, TrueDivide: { op: "Div" } }),
  layer(["Average"], importAverage, ["Add", "Mul", "Constant"]),
  layer(["Concatenate"], importConcatenate, ["Concat"]),
  layer(["ZeroPadding2D"], importZeroPadding2d, ["Pad"]),
  layer(["Cropping2D"], importCropping2d, ["Slice"]),
  layer(["UpSampling2D"], importUpSampling2d, ["Resize"]),
  layer(["Resizing"], importResizing, ["Resize"]),
  layer(["Flatten"], importFlatten, ["Flatten", "Transpose"]),
  layer(["Reshape"], importReshape, ["Reshape"]),
  layer(["Permute"], importPermute, ["Transpose"]),
  layer(["Dropout", "SpatialDropout1D", "SpatialDropout2D", "AlphaDropout"], skip, ["Identity"]),
  layer(["GaussianDropout", "GaussianNoise"], skip, ["Identity"]),
  layer(["RandomFlip", "RandomRotation", "RandomZoom", "RandomTranslation"], skip, ["Identity"]),
  layer(["RandomContrast", "RandomBrightness"], skip, ["Identity"]),
  layer(["ActivityRegularization"], identity, ["Identity"]),
];

function layer(names: readonly string[], importer: Importer, operators: readonly OpName[]): LayerClass {
  return { names, importer, operators };
}

/** Layers of arithmetic, by their class and the operator that each is. */
function arithmetic(classes: Readonly<Record<string, Operator>>): LayerClass[] {
  return Object.entries(classes).map(([name, operator]) =>
    layer([name], (call) => importArithmetic(call, operator), [operator.op]),
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
export function hasImporter(className: string): boolean {
  return BY_NAME.has(className);
}

/**
 * Turns one call of a layer into operators.
 *
 * @returns the value that the call makes
 * @throws UnsupportedOperatorError for a class that is not listed, and for settings that there is no operator for
 */
export function importLayer(call: LayerCall): Value {
  const entry = BY_NAME.get(call.layer.className);
  if (!entry) return call.unsupported("");
  const value = entry.importer(call);
  call.refuseUnread();
  return value;
}

/** A layer that was called with `training: true` behaves as in training for ever. */
function requireInference(call: LayerCall): void {
  if (call.layer.training) call.unsupported("called with training: true");
}
