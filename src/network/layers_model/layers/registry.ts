import type { Value } from "../graph_builder.js";
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

/** What does nothing at inference. */
const skip: Importer = (call) => {
  requireInference(call);
  return call.add({ op: "Identity" }, [call.input]);
};

/** The importers, by the names that Keras and TensorFlow.js have for their classes. */
const IMPORTERS: ReadonlyMap<string, Importer> = new Map([
  ...named(["Conv2D", "Convolution2D"], importConv2d),
  ...named(["DepthwiseConv2D"], importDepthwiseConv2d),
  ...named(["SeparableConv2D", "SeparableConvolution2D"], importSeparableConv2d),
  ...named(["Dense"], importDense),
  ...named(["BatchNormalization", "BatchNormalizationV1", "BatchNormalizationV2"], (call) => {
    requireInference(call);
    return importBatchNormalization(call);
  }),
  ...named(["Normalization"], importNormalization),
  ...named(["Rescaling"], importRescaling),
  ...named(["Activation"], importActivation),
  ...named(["ReLU", "LeakyReLU", "ELU", "ThresholdedReLU"], importActivationLayer),
  ...named(["PReLU"], importPrelu),
  ...named(["Softmax"], importSoftmax),
  ...named(["MaxPooling2D", "MaxPool2D"], (call) => importPool(call, "MaxPool")),
  ...named(["AveragePooling2D", "AvgPool2D"], (call) => importPool(call, "AveragePool")),
  ...named(["GlobalAveragePooling2D"], (call) => importGlobalPool(call, "GlobalAveragePool")),
  ...named(["GlobalMaxPooling2D"], (call) => importGlobalPool(call, "GlobalMaxPool")),
  ...named(["Add"], (call) => importArithmetic(call, { op: "Add" })),
  ...named(["Subtract"], (call) => importArithmetic(call, { op: "Sub" })),
  ...named(["Multiply"], (call) => importArithmetic(call, { op: "Mul" })),
  ...named(["Average"], importAverage),
  ...named(["Concatenate"], importConcatenate),
  ...named(["ZeroPadding2D"], importZeroPadding2d),
  ...named(["Cropping2D"], importCropping2d),
  ...named(["UpSampling2D"], importUpSampling2d),
  ...named(["Resizing"], importResizing),
  ...named(["Flatten"], importFlatten),
  ...named(["Reshape"], importReshape),
  ...named(["Permute"], importPermute),
  ...named(["Dropout", "SpatialDropout1D", "SpatialDropout2D", "AlphaDropout"], skip),
  ...named(["GaussianDropout", "GaussianNoise"], skip),
  ...named(["RandomFlip", "RandomRotation", "RandomZoom", "RandomTranslation"], skip),
  ...named(["RandomContrast", "RandomBrightness"], skip),
  ...named(["ActivityRegularization"], (call) => call.add({ op: "Identity" }, [call.input])),
]);

function named(classNames: readonly string[], importer: Importer): [string, Importer][] {
  return classNames.map((className) => [className, importer]);
}

/** Whether layers of a class can be imported; whether one of them can, its settings decide. */
export function hasImporter(className: string): boolean {
  return IMPORTERS.has(className);
}

/**
 * Turns one call of a layer into operators.
 *
 * @returns the value that the call makes
 * @throws UnsupportedOperatorError for a class that is not listed, and for settings that there is no operator for
 */
export function importLayer(call: LayerCall): Value {
  const importer = IMPORTERS.get(call.layer.className);
  return importer ? importer(call) : call.unsupported("");
}

/** A layer that was called with `training: true` behaves as in training for ever. */
function requireInference(call: LayerCall): void {
  if (call.layer.training) call.unsupported("called with training: true");
}
