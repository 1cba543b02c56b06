import type { OpName } from "../../../spec.js";
import { importActivation, importActivationLayer, importPrelu, importSoftmax } from "./activation.js";
import { importBatchNormalization } from "./batch_normalization.js";
import { importConv, importDepthwiseConv, importSeparableConv } from "./convolution.js";
import { importDense } from "./dense.js";
import { importFlatten } from "./flatten.js";
import {
  byName,
  type Importer,
  identity,
  importAs,
  type LayerClass,
  type Layers,
  layer,
  requireInference,
  skip,
} from "./layer_class.js";
import { arithmetic, importConcatenate } from "./merge.js";
import { importGlobalPool, importPool } from "./pooling.js";

const normalize: Importer = (call) => {
  requireInference(call);
  return importBatchNormalization(call);
};

const ACTIVATIONS = ["Relu", "Clip", "LeakyRelu", "Elu", "ThresholdedRelu"] as const;

/** What plain networks of convolutions are made of; none of them is also the name of an operation of Keras 3. */
export const PLAIN_LAYERS: readonly LayerClass[] = [
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
  layer(["Activation"], importActivation, ["Identity"]),
  layer(["ReLU", "LeakyReLU", "ELU", "ThresholdedReLU"], importActivationLayer, ACTIVATIONS),
  layer(["PReLU"], importPrelu, ["PRelu"]),
  layer(["Softmax"], importSoftmax, ["Softmax"]),
  ...pools("MaxPool", ["MaxPooling", "MaxPool"], "max"),
  ...pools("AveragePool", ["AveragePooling", "AvgPool"], "average"),
  ...globalPools("GlobalAveragePool", ["GlobalAveragePooling", "GlobalAvgPool"], "mean"),
  ...globalPools("GlobalMaxPool", ["GlobalMaxPooling", "GlobalMaxPool"], "max"),
  ...arithmetic({ Add: "Add" }, false),
  layer(["Concatenate"], importConcatenate, ["Concat"]),
  layer(["Flatten"], importFlatten, ["Flatten", "Transpose"]),
  layer(["Dropout", "SpatialDropout1D", "SpatialDropout2D", "AlphaDropout", "FixedDropout"], skip, [
    "Identity",
  ]),
  layer(["GaussianDropout", "GaussianNoise"], skip, ["Identity"]),
  layer(["ActivityRegularization", "Identity"], identity, ["Identity"]),
];

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

const BY_NAME = byName(PLAIN_LAYERS);

/** For models of no other layers. */
export const plain: Layers = {
  has: (className) => BY_NAME.has(className),
  importLayer: (call) => importAs(BY_NAME.get(call.layer.className), call),
};
