import { RUN_ON_TFJS } from "../../../errors.js";

/** Classes of layers that TensorFlow.js 4.22 can build from a file. */
const TFJS_LAYERS: ReadonlySet<string> = new Set([
  ...[
    "Activation",
    "Add",
    "AlphaDropout",
    "Average",
    "AveragePooling1D",
    "AveragePooling2D",
    "AveragePooling3D",
  ],
  ...[
    "BatchNormalization",
    "Bidirectional",
    "CategoryEncoding",
    "CenterCrop",
    "Concatenate",
    "Conv1D",
    "Conv2D",
  ],
  ...["Conv2DTranspose", "Conv3D", "Conv3DTranspose", "ConvLSTM2D", "Cropping2D", "Dense", "DepthwiseConv2D"],
  ...["Dot", "Dropout", "ELU", "Embedding", "Flatten", "GRU", "GaussianDropout", "GaussianNoise"],
  ...["GlobalAveragePooling1D", "GlobalAveragePooling2D", "GlobalMaxPooling1D", "GlobalMaxPooling2D"],
  ...["LSTM", "LayerNormalization", "LeakyReLU", "Masking", "MaxPooling1D", "MaxPooling2D", "MaxPooling3D"],
  ...["Maximum", "Minimum", "Multiply", "PReLU", "Permute", "RNN", "RandomWidth", "ReLU", "RepeatVector"],
  ...["Rescaling", "Reshape", "Resizing", "SeparableConv2D", "SimpleRNN", "Softmax", "SpatialDropout1D"],
  ...["StackedRNNCells", "ThresholdedReLU", "TimeDistributed", "UpSampling2D", "ZeroPadding2D"],
]);

export function isTfjsLayer(className: string): boolean {
  return TFJS_LAYERS.has(className);
}

/** What to do about a layer that there is no operator for. */
export function adviceFor(className: string): string | undefined {
  return isTfjsLayer(className) ? RUN_ON_TFJS : undefined;
}
