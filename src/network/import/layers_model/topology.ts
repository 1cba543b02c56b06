import { isRecord, quoted, rejectModel, valueText } from "../failure.js";
import { incomingNodes, type TensorRef, tensorRefs } from "./references.js";

/** `config` of a layer as the file has it, keys in snake case. */
export type Config = Readonly<Record<string, unknown>>;

/** One layer and every call of it; a layer with several calls is shared. */
export interface LayerConfig {
  readonly name: string;
  readonly className: string;
  readonly config: Config;
  /** The values that each call reads. */
  readonly calls: readonly (readonly TensorRef[])[];
  /** A call asks for training mode (`training: true`), whatever the model is used for. */
  readonly training: boolean;
  /** Set where the layer is itself a model. */
  readonly model?: ModelConfig;
}

/** A model as a graph of layer calls; a `Sequential` is a chain of them. */
export interface ModelConfig {
  readonly name: string;
  readonly layers: ReadonlyMap<string, LayerConfig>;
  readonly inputs: readonly TensorRef[];
  readonly outputs: readonly TensorRef[];
}

/**
 * Who wrote the model. Where the libraries disagree on a layer, the file means what its writer computes.
 * `tfjs`: TensorFlow.js itself, live models included; `keras3`: Keras 3; `keras`: Keras 1 and 2, tf.keras.
 */
export type Writer = "tfjs" | "keras" | "keras3";

export interface Topology {
  readonly model: ModelConfig;
  readonly writer: Writer;
}

/** Deeper nesting than this is no model; it bounds the recursion. */
const DEEPEST_NESTING = 32;

/**
 * Normalises the topology of a LayersModel: with or without the `model_config` wrapper, Sequential or functional,
 * as TensorFlow.js, Keras 2 or Keras 3 spell it.
 *
 * @param topology `modelTopology` of a `model.json`, or what `model.toJSON()` returns
 * @throws ModelError for anything that is not the topology of a LayersModel
 */
export function parseTopology(topology: unknown, where: string): Topology {
  if (!isRecord(topology)) rejectModel(where, "it has no modelTopology, expected a tfjs LayersModel");
  const wrapped = topology.model_config;
  const model = isRecord(wrapped) ? wrapped : topology;
  const version = String(topology.keras_version ?? model.keras_version ?? "");
  const writer = version.startsWith("tfjs") ? "tfjs" : /^[3-9]\./.test(version) ? "keras3" : "keras";
  if (typeof model.class_name !== "string" || !isModel(model.class_name, model.config))
    rejectModel(
      where,
      `modelTopology has class_name ${valueText(model.class_name)}, expected Sequential or a functional model`,
    );
  return { model: parseModel(model.class_name, model.config, where, 0), writer };
}

function isModel(className: string, config: unknown): boolean {
  if (className === "Sequential" || className === "Model" || className === "Functional") return true;
  // A subclass of a functional model keeps its own class name and the whole graph.
  return isRecord(config) && Array.isArray(config.layers) && config.output_layers !== undefined;
}

function parseModel(className: string, config: unknown, where: string, depth: number): ModelConfig {
  if (depth > DEEPEST_NESTING) rejectModel(where, `models are nested more than ${DEEPEST_NESTING} deep`);
  if (className === "Sequential") return parseSequential(config, where, depth);
  if (!isRecord(config) || !Array.isArray(config.layers))
    return rejectModel(where, `a ${className} model has no list of layers`);
  const name = typeof config.name === "string" ? config.name : className;
  const layers = new Map<string, LayerConfig>();
  for (const entry of config.layers) addLayer(layers, parseLayer(entry, where, depth), where);
  const inputs = tensorRefs(config.input_layers, where);
  const outputs = tensorRefs(config.output_layers, where);
  return renumberCalls({ name, layers, inputs, outputs });
}

/** A chain: layer i reads layer i - 1. The input layer is often implied by the first layer's shape. */
function parseSequential(config: unknown, where: string, depth: number): ModelConfig {
  const entries = Array.isArray(config) ? config : isRecord(config) ? config.layers : undefined;
  if (!Array.isArray(entries) || entries.length === 0)
    return rejectModel(where, "a Sequential model has no layers");
  const name = isRecord(config) && typeof config.name === "string" ? config.name : "sequential";
  const parsed = entries.map((entry) => parseLayer(entry, where, depth));
  if (parsed[0].className !== "InputLayer") {
    const first = parsed[0];
    const implied = shapeOfInput(first) ?? (isRecord(config) ? config.build_input_shape : undefined);
    parsed.unshift({
      name: freeName(`${first.name}_input`, parsed),
      className: "InputLayer",
      config: { batch_input_shape: implied },
      calls: [],
      training: false,
    });
  }
  const layers = new Map<string, LayerConfig>();
  let previous: TensorRef | undefined;
  for (const layer of parsed) {
    addLayer(layers, { ...layer, calls: previous ? [[previous]] : [] }, where);
    previous = { layer: layer.name, call: 0, tensor: 0 };
  }
  return {
    name,
    layers,
    inputs: [{ layer: parsed[0].name, call: 0, tensor: 0 }],
    outputs: [previous!],
  };
}

/** The shape a layer declares for its input, batch axis first; a model's is that of its first input. */
export function shapeOfInput(layer: LayerConfig): unknown {
  if (!layer.model) return layer.config.batch_input_shape ?? layer.config.batch_shape;
  const input = layer.model.layers.get(layer.model.inputs[0]?.layer);
  return input && shapeOfInput(input);
}

function freeName(wanted: string, layers: readonly LayerConfig[]): string {
  const names = new Set(layers.map((layer) => layer.name));
  let name = wanted;
  while (names.has(name)) name += "_";
  return name;
}

function addLayer(layers: Map<string, LayerConfig>, layer: LayerConfig, where: string): void {
  if (layers.has(layer.name)) rejectModel(where, `two layers are called ${quoted(layer.name)}`);
  layers.set(layer.name, layer);
}

function parseLayer(entry: unknown, where: string, depth: number): LayerConfig {
  if (!isRecord(entry) || typeof entry.class_name !== "string")
    return rejectModel(where, `a layer has no class_name: ${valueText(entry)}`);
  const className = entry.class_name;
  const config = isRecord(entry.config) ? entry.config : {};
  const name = entry.name ?? config.name;
  if (typeof name !== "string" || name === "")
    return rejectModel(where, `a layer of class ${quoted(className)} has no name`);
  const { calls, training } = incomingNodes(entry.inbound_nodes, name, where);
  const model = isModel(className, entry.config)
    ? parseModel(className, entry.config, where, depth + 1)
    : undefined;
  return { name, className, config, calls, training, model };
}

/**
 * Keras counts the calls of a nested model from 1, because building it was its call 0, except where the model
 * was built by the call itself. A number past the last call tells which.
 */
function renumberCalls(model: ModelConfig): ModelConfig {
  const highest = new Map<string, number>();
  const note = (ref: TensorRef) => highest.set(ref.layer, Math.max(ref.call, highest.get(ref.layer) ?? 0));
  for (const layer of model.layers.values()) for (const call of layer.calls) call.forEach(note);
  model.outputs.forEach(note);
  const renumber = (ref: TensorRef): TensorRef => {
    const target = model.layers.get(ref.layer);
    const first = target?.model && highest.get(ref.layer)! >= target.calls.length ? 1 : 0;
    return { ...ref, call: ref.call - first };
  };
  const layers = new Map<string, LayerConfig>();
  for (const [name, layer] of model.layers)
    layers.set(name, { ...layer, calls: layer.calls.map((call) => call.map(renumber)) });
  return { ...model, layers, outputs: model.outputs.map(renumber) };
}
