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

/**
 * Turns one call of a layer into operators.
 *
 * @returns the value that the call makes
 * @throws UnsupportedOperatorError for a class that is not listed
 */
export function importLayer(call: LayerCall): Value {
  switch (call.layer.className) {
    case "Conv2D":
    case "Convolution2D":
      return importConv2d(call);
    case "DepthwiseConv2D":
      return importDepthwiseConv2d(call);
    case "SeparableConv2D":
    case "SeparableConvolution2D":
      return importSeparableConv2d(call);
    case "Dense":
      return importDense(call);
    case "BatchNormalization":
    case "BatchNormalizationV1":
    case "BatchNormalizationV2":
      requireInference(call);
      return importBatchNormalization(call);
    case "Normalization":
      return importNormalization(call);
    case "Rescaling":
      return importRescaling(call);
    case "Activation":
      return importActivation(call);
    case "ReLU":
    case "LeakyReLU":
    case "ELU":
    case "ThresholdedReLU":
      return importActivationLayer(call);
    case "PReLU":
      return importPrelu(call);
    case "Softmax":
      return importSoftmax(call);
    case "MaxPooling2D":
    case "MaxPool2D":
      return importPool(call, "MaxPool");
    case "AveragePooling2D":
    case "AvgPool2D":
      return importPool(call, "AveragePool");
    case "GlobalAveragePooling2D":
      return importGlobalPool(call, "GlobalAveragePool");
    case "GlobalMaxPooling2D":
      return importGlobalPool(call, "GlobalMaxPool");
    case "Add":
      return importArithmetic(call, "Add");
    case "Subtract":
      return importArithmetic(call, "Sub");
    case "Multiply":
      return importArithmetic(call, "Mul");
    case "Average":
      return importAverage(call);
    case "Concatenate":
      return importConcatenate(call);
    case "ZeroPadding2D":
      return importZeroPadding2d(call);
    case "Cropping2D":
      return importCropping2d(call);
    case "UpSampling2D":
      return importUpSampling2d(call);
    case "Resizing":
      return importResizing(call);
    case "Flatten":
      return importFlatten(call);
    case "Reshape":
      return importReshape(call);
    case "Permute":
      return importPermute(call);
    case "Dropout":
    case "SpatialDropout1D":
    case "SpatialDropout2D":
    case "AlphaDropout":
    case "GaussianDropout":
    case "GaussianNoise":
    case "RandomFlip":
    case "RandomRotation":
    case "RandomZoom":
    case "RandomTranslation":
    case "RandomContrast":
    case "RandomBrightness":
      // Nothing at inference.
      requireInference(call);
      return call.add({ op: "Identity" }, [call.input]);
    case "ActivityRegularization":
      return call.add({ op: "Identity" }, [call.input]);
    default:
      return call.unsupported("");
  }
}

/** A layer that was called with `training: true` behaves as in training for ever. */
function requireInference(call: LayerCall): void {
  if (call.layer.training) call.unsupported("called with training: true");
}
