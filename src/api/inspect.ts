import { countImages } from "../engines/arguments.js";
import { type UnsupportedLayer, UnsupportedOperatorError } from "../errors.js";
import { factsOf } from "../kernels/operators/facts_of.js";
import { type InputOptions, resolveInput } from "../network/input.js";
import { telling } from "../network/progress.js";
import type { Network, OpName, Shape } from "../network/spec.js";
import type { LayerKernels } from "./layer_kernels.js";
import {
  checkLoadOptions,
  LOAD_OPTIONS,
  type LoadableModel,
  type LoadModelOptions,
  networkOf,
} from "./load_model.js";
import { flag, optionsObject } from "./options.js";
import { type SuggestedInput, suggestInput } from "./suggested_input.js";

/** A layer as an engine would run it. */
export interface InspectedLayer {
  readonly name: string;
  readonly operator: OpName;
  /** Per image, channels last. */
  readonly shape: Shape;
  /** Values of the model that it owns. */
  readonly parameters: number;
  /** Of a forward pass over one image; a backward pass costs as many for each class. */
  readonly multiplyAdds: number;
  /** Which kernels each engine runs for it; with `kernels: true`. */
  readonly kernels?: LayerKernels;
  /**
   * Of a relu, a clip or a max-pool of what they make: the share of its units that let a cotangent through, on the mean over
   * the images; with `images`.
   */
  readonly live?: number;
}

export interface InspectOptions extends LoadModelOptions {
  /** Say which kernels the engines run for each layer. The network is planned for each of them. Default false. */
  readonly kernels?: boolean;
  /** A few images, `[N][H][W][C]`, to count live units on; they are computed in float64. */
  readonly images?: Float32Array;
  /** What their values mean, as in `compile`. */
  readonly input?: InputOptions;
}

/** A model that can be run. */
export interface InspectedModel {
  readonly supported: true;
  readonly unsupported: readonly [];
  readonly name: string;
  readonly input: SuggestedInput;
  readonly classes: number;
  readonly classNames: readonly string[] | null;
  /** A softmax ends the model and is left out. */
  readonly strippedSoftmax: boolean;
  /** A sigmoid does: each class has a probability by itself. */
  readonly strippedSigmoid: boolean;
  /** The model has one score z, and two classes with the scores `[0, z]`. */
  readonly singleScore: boolean;
  /** Shared weights count once. */
  readonly parameters: number;
  readonly multiplyAdds: number;
  /** How many layers have each operator. */
  readonly operators: Readonly<Partial<Record<OpName, number>>>;
  readonly layers: readonly InspectedLayer[];
  /** What its user may not expect, and `compile` warns of as well. */
  readonly warnings: readonly string[];
}

/** A model with layers that there are no kernels for. */
export interface UnsupportedModel {
  readonly supported: false;
  /** Every such layer that was found, with what it does that is missing and, where there is one, a way out. */
  readonly unsupported: readonly UnsupportedLayer[];
  /** How many layers could not be looked at, because they read what those make and the file does not say its shape. */
  readonly unchecked: number;
  /** The first of them, how many of each kind there are, and the way out, in one line. */
  readonly message: string;
}

export type Inspection = InspectedModel | UnsupportedModel;

/**
 * What a model is made of, what it costs, and what cannot be run of it. Nothing is compiled.
 *
 * @param model what `loadModel` takes
 * @throws InvalidArgumentError for wrong options or images, or something that is no model
 * @throws ModelError for a model that cannot be read or is inconsistent
 * @throws the signal's reason when aborted
 *
 * @example
 * const found = await inspect("model/model.json");
 * if (found.supported) console.log(found.classes, found.multiplyAdds);
 * else console.log(found.unsupported);
 *
 * @example
 * // Which kernels run, and how much of each layer is alive on two images of noise.
 * const images = Float32Array.from({ length: 2 * 28 * 28 }, Math.random);
 * const seen = await inspect("model/model.json", { kernels: true, images });
 * if (seen.supported) for (const { name, kernels, live } of seen.layers) console.log(name, kernels?.wasm.forward, live);
 */
export async function inspect(model: LoadableModel, options?: InspectOptions): Promise<Inspection> {
  const settings = optionsObject("inspect", options, [...LOAD_OPTIONS, "kernels", "images", "input"]);
  checkLoadOptions("inspect", settings);
  const { kernels = false } = settings;
  flag("inspect", "kernels", kernels);
  let network: Network;
  try {
    network = await telling(settings.onProgress, (tell) => networkOf("inspect", model, settings, tell));
  } catch (error) {
    if (!(error instanceof UnsupportedOperatorError)) throw error;
    const { layer, operator, detail, wayOut, others, unchecked, message } = error;
    const first = { layer, operator, ...(detail && { detail }), ...(wayOut && { wayOut }) };
    return { supported: false, unsupported: [first, ...others], unchecked, message };
  }
  const found = kernels ? await (await import("./layer_kernels.js")).layerKernels(network) : undefined;
  const shares = await sharesOf(network, settings);
  const inspected = inspectionOf(network);
  const layers = inspected.layers.map((layer) => {
    const [own, live] = [found?.get(layer.name), shares?.get(layer.name)];
    return { ...layer, ...(own && { kernels: own }), ...(live !== undefined && { live }) };
  });
  return { ...inspected, layers };
}

async function sharesOf(
  network: Network,
  { images, input, signal }: InspectOptions,
): Promise<ReadonlyMap<string, number> | undefined> {
  if (images === undefined) return undefined;
  const { shape } = network.input;
  countImages("inspect", images, shape);
  const transform = resolveInput(input, shape.at(-1) ?? 1);
  const { liveShares } = await import("./live_shares.js");
  return liveShares(network, transform, images, signal);
}

function inspectionOf(network: Network): InspectedModel {
  const layers = network.nodes.map((node): InspectedLayer => {
    const facts = factsOf(node);
    return {
      name: node.name,
      operator: node.op,
      shape: node.shape,
      parameters: facts.weights(node).reduce((sum, array) => sum + array.length, 0),
      multiplyAdds: facts.multiplyAdds(node),
    };
  });
  const arrays = new Set(network.nodes.flatMap((node) => factsOf(node).weights(node)));
  const operators: Partial<Record<OpName, number>> = {};
  for (const { op } of network.nodes) operators[op] = (operators[op] ?? 0) + 1;
  return {
    supported: true,
    unsupported: [],
    name: network.name,
    input: { shape: network.input.shape, ...suggestInput(network) },
    classes: network.classes,
    classNames: network.classNames ?? null,
    strippedSoftmax: network.strippedSoftmax,
    strippedSigmoid: network.strippedSigmoid,
    singleScore: network.singleScore,
    parameters: [...arrays].reduce((sum, array) => sum + array.length, 0),
    multiplyAdds: layers.reduce((sum, layer) => sum + layer.multiplyAdds, 0),
    operators,
    layers,
    warnings: network.warnings ?? [],
  };
}
