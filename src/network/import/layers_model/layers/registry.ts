import type { OpName } from "../../../spec.js";
import type { Activation } from "../../dataflow/activation.js";
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
import { importMultiHeadAttention } from "./attention.js";
import {
  byName,
  type Importer,
  identity,
  importAs,
  type LayerClass,
  type Layers,
  layer,
  OPERATION_LAYER,
  skip,
} from "./layer_class.js";
import {
  importCropping,
  importPermute,
  importRepeatVector,
  importReshape,
  importZeroPadding,
} from "./layout.js";
import { arithmetic, importAverage } from "./merge.js";
import {
  importGroupNormalization,
  importLayerNormalization,
  importNormalization,
  importRescaling,
  importRmsNormalization,
} from "./normalization.js";
import { importOperationLayer } from "./operation.js";
import { PLAIN_LAYERS } from "./plain.js";
import { importCenterCrop, importRandomCrop, importResizing, importUpSampling } from "./resize.js";
import { importTransposedConv } from "./transposed.js";

/** Steps that are all 0 become 0, which they are; others need what recurrent layers know of it. */
const mask: Importer = (call) =>
  call.number("mask_value", 0) === 0 ? identity(call) : call.unsupported("mask_value other than 0");

const LAYERS: readonly LayerClass[] = [
  ...PLAIN_LAYERS,
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
  ...arithmetic({ Multiply: "Mul", Maximum: "Max", Minimum: "Min" }, false),
  ...arithmetic({ Subtract: "Sub", Divide: "Div", TrueDivide: "Div" }, true),
  layer(["Average"], importAverage, ["Add", "Mul", "Constant"]),
  layer(["ZeroPadding2D"], (call) => importZeroPadding(call, 2), ["Pad"]),
  layer(["ZeroPadding1D"], (call) => importZeroPadding(call, 1), ["Concat"]),
  layer(["Cropping2D"], (call) => importCropping(call, 2), ["Slice"]),
  layer(["Cropping1D"], (call) => importCropping(call, 1), ["Slice"]),
  layer(["UpSampling2D"], (call) => importUpSampling(call, 2), ["Resize"]),
  layer(["UpSampling1D"], (call) => importUpSampling(call, 1), ["Resize"]),
  layer(["Resizing"], importResizing, ["Resize", "Slice", "Pad"]),
  layer(["CenterCrop"], importCenterCrop, ["Slice", "Resize"]),
  layer(["RandomCrop"], importRandomCrop, ["Slice", "Resize"]),
  layer(["Reshape"], importReshape, ["Reshape"]),
  layer(["Permute"], importPermute, ["Transpose"]),
  layer(["RepeatVector"], importRepeatVector, ["Concat"]),
  layer(["TimeDistributed"], importTimeDistributed, []),
  layer(["Masking"], mask, ["Identity"]),
  layer(["MixUp", "CutMix", "RandAugment", "AugMix"], skip, ["Identity"]),
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

const BY_NAME = byName(LAYERS);

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

function has(className: string, writer: Writer): boolean {
  const isOwn = classOf(className) !== undefined || OF_TENSORFLOW.has(className);
  return isOwn || (writer === "keras3" && isOperation(className));
}

/** What tf.keras of TensorFlow 2 makes of a function that is called on a tensor. */
const OF_TENSORFLOW: ReadonlySet<string> = new Set(["TFOpLambda", "SlicingOpLambda", OPERATION_LAYER]);

function classOf(className: string): LayerClass | undefined {
  return BY_NAME.get(className) ?? (/^Random[A-Z]/.test(className) ? AT_RANDOM : undefined);
}

function importLayer(call: LayerCall): readonly Activation[] {
  if (call.layer.className === OPERATION_LAYER) return importOperationLayer(call);
  if (OF_TENSORFLOW.has(call.layer.className)) return importTensorflowFunction(call);
  if (call.writer === "keras3" && isOperationCall(call)) return importOperation(call);
  return importAs(classOf(call.layer.className), call);
}

/** All that there are. */
export const layers: Layers = { has, importLayer };
