import type { Tensor } from "@tensorflow/tfjs-core";
import { EngineError, InvalidArgumentError, ModelError } from "../../errors.js";
import { messageOf } from "../../kernels/tfjs/namespace.js";
import { buildNetwork } from "../../network/build.js";
import type { LiveLayersModel } from "../../network/import/layers_model/is_live.js";
import { importLive } from "../../network/import/layers_model/load.js";
import { simplify } from "../../network/simplify.js";
import type { Network, Shape } from "../../network/spec.js";
import type { AutodiffSource } from "./autodiff.js";

/** What is read of a `tf.LayersModel` beyond what the importer reads. */
export interface TfLayersModel extends LiveLayersModel {
  readonly inputs: readonly { readonly shape: readonly (number | null)[] }[];
  readonly outputs: readonly { readonly shape: readonly (number | null)[] }[];
  apply(inputs: Tensor, kwargs?: { [name: string]: unknown }): unknown;
}

/** The model as a network, or why it cannot be one. */
export async function importLayersModel(
  model: TfLayersModel,
  inputShape: Shape | undefined,
): Promise<Network | ModelError> {
  try {
    return simplify(buildNetwork(await importLive(model, { inputShape })));
  } catch (error) {
    if (error instanceof ModelError) return error;
    throw error;
  }
}

/**
 * A model that cannot be imported as a function for automatic differentiation.
 *
 * @param reason why it cannot be imported, for messages
 * @throws EngineError for a model with two inputs or outputs, or one whose softmax at the end cannot be left out
 * @throws InvalidArgumentError for sizes that the model leaves open and `inputShape` does not say
 */
export function layersModelSource(
  model: TfLayersModel,
  inputShape: Shape | undefined,
  reason: ModelError,
): AutodiffSource {
  const { inputs, outputs, layers } = model;
  if (inputs.length !== 1 || outputs.length !== 1)
    throw new EngineError(
      `createTfjsEngine: model "${model.name}" has ${inputs.length} inputs and ${outputs.length} outputs, expected one of each`,
    );
  const shape = inputShape ?? inputs[0].shape.slice(1);
  if (shape.some((n) => n === null))
    throw new InvalidArgumentError(
      `createTfjsEngine: model "${model.name}" takes images of shape [${shape.map((n) => n ?? "null")}], expected { inputShape }`,
    );
  const classes = outputs[0].shape[outputs[0].shape.length - 1];
  if (outputs[0].shape.length !== 2 || classes === null)
    throw new EngineError(
      `createTfjsEngine: model "${model.name}" has output shape [${outputs[0].shape.map((n) => n ?? "null")}], expected [null,classes]`,
    );
  const last = layers[layers.length - 1];
  const bare = withoutSoftmax(last);
  if (!bare)
    throw new EngineError(
      `createTfjsEngine: layer "${last.name}" ends model "${model.name}" in a softmax that is not known here, and the model ` +
        `cannot be imported (${messageOf(reason)}); pass a function that returns the logits: ` +
        "(x) => part.apply(x) with part = tf.model({ inputs: model.inputs, outputs: layer.output }) of the layer before it",
    );
  return {
    call: (x) => bare(() => model.apply(x, { training: false }) as Tensor),
    inputShape: shape as Shape,
    classes,
    blame(kernel) {
      const layer =
        kernel && layers.find((candidate) => KERNEL_LAYERS[kernel]?.includes(classNameOf(candidate)));
      return layer
        ? `layer "${layer.name}" (${classNameOf(layer)}) of model "${model.name}"`
        : `model "${model.name}" (not importable: ${messageOf(reason)})`;
    },
  };
}

/**
 * Runs a function while a layer leaves its softmax out, if it ends in one: logits are what is differentiated. The layer is the
 * caller's and is as it was when the function returns. Undefined where it cannot be left out.
 */
function withoutSoftmax(layer: object): (<T>(run: () => T) => T) | undefined {
  const isLayer = classNameOf(layer) === "Softmax";
  if (!isLayer && activationOf(layer) !== "softmax") return (run) => run();
  const key = isLayer ? "softmax" : "activation";
  const own = layer as Record<string, unknown>;
  const before = own[key];
  const same = (x: unknown) => x;
  const replaced = isLayer
    ? typeof before === "function" && same
    : isApplicable(before) && Object.create(before, { apply: { value: same } });
  if (!replaced) return undefined;
  return (run) => {
    own[key] = replaced;
    try {
      return run();
    } finally {
      own[key] = before;
    }
  };
}

function isApplicable(value: unknown): value is { apply(x: unknown): unknown } {
  return typeof value === "object" && value !== null && "apply" in value && typeof value.apply === "function";
}

/** The layers that run a kernel. */
const KERNEL_LAYERS: Readonly<Record<string, readonly string[]>> = {
  MaxPool: ["MaxPooling2D", "MaxPooling1D"],
  AvgPool: ["AveragePooling2D", "AveragePooling1D"],
  ResizeBilinear: ["UpSampling2D", "Resizing"],
  ResizeNearestNeighbor: ["UpSampling2D", "Resizing"],
  Conv2D: ["Conv2D", "Conv1D"],
  DepthwiseConv2dNative: ["DepthwiseConv2D", "SeparableConv2D"],
};

function classNameOf(layer: object): string {
  return "getClassName" in layer && typeof layer.getClassName === "function"
    ? String(layer.getClassName())
    : "";
}

function activationOf(layer: object): unknown {
  return "getConfig" in layer && typeof layer.getConfig === "function"
    ? layer.getConfig()?.activation
    : undefined;
}
