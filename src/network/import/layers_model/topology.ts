import { isRecord, quoted, rejectModel, valueText } from "../failure.js";
import { type Config, normalizedConfig } from "./config.js";
import { type IncomingCall, incomingNodes, NO_ARGUMENTS, type TensorRef, tensorRefs } from "./references.js";
import { hasMarksOfKeras3 } from "./writer.js";

/** One layer and every call of it; a layer with several calls is shared. */
export interface LayerConfig {
  readonly name: string;
  readonly className: string;
  readonly config: Config;
  readonly calls: readonly IncomingCall[];
  /** Shape of what it reads, as Keras 3 notes it beside the layer, batch axis first. */
  readonly builtFor?: unknown;
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
  const outer = normalizedConfig(topology, where, UNREAD);
  const model = isRecord(outer.model_config) ? normalizedConfig(outer.model_config, where, UNREAD) : outer;
  const writer = writerOf(outer.keras_version ?? model.keras_version, model.config);
  if (typeof model.class_name !== "string" || !isModel(model.class_name, model.config))
    rejectModel(
      where,
      `modelTopology has class_name ${valueText(model.class_name)}, expected Sequential or a functional model`,
    );
  return { model: parseModel(model.class_name, model.config, where, 0), writer };
}

/** What a level of the topology leaves for the next one to read. */
const UNREAD: ReadonlySet<string> = new Set([
  "model_config",
  "config",
  "layers",
  "input_layers",
  "output_layers",
  "inbound_nodes",
]);

/** By the version that the file says; `to_json` of Keras 3 says none, but writes what earlier ones did not. */
function writerOf(version: unknown, config: unknown): Writer {
  const text = String(version ?? "");
  if (text.startsWith("tfjs")) return "tfjs";
  if (text !== "") return /^[3-9]\./.test(text) ? "keras3" : "keras";
  return hasMarksOfKeras3(config, DEEPEST_NESTING) ? "keras3" : "keras";
}

function isModel(className: string, config: unknown): boolean {
  if (className === "Sequential" || className === "Model" || className === "Functional") return true;
  // A subclass of a functional model keeps its own class name and the whole graph.
  return (
    isRecord(config) &&
    Array.isArray(config.layers) &&
    (config.output_layers ?? config.outputLayers) !== undefined
  );
}

function parseModel(className: string, given: unknown, where: string, depth: number): ModelConfig {
  if (depth > DEEPEST_NESTING) rejectModel(where, `models are nested more than ${DEEPEST_NESTING} deep`);
  const config = isRecord(given) ? normalizedConfig(given, where, UNREAD) : given;
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
    });
  }
  const layers = new Map<string, LayerConfig>();
  let previous: TensorRef | undefined;
  for (const layer of parsed) {
    addLayer(
      layers,
      { ...layer, calls: previous ? [{ reads: [previous], given: NO_ARGUMENTS }] : [] },
      where,
    );
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
  if (!layer.model) {
    const { batch_input_shape, batch_shape, input_shape, shape } = layer.config;
    const perImage = input_shape ?? (layer.className === "InputLayer" ? shape : undefined);
    return batch_input_shape ?? batch_shape ?? (Array.isArray(perImage) ? [null, ...perImage] : undefined);
  }
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
  const layer = isRecord(entry) ? normalizedConfig(entry, where, UNREAD) : {};
  if (typeof layer.class_name !== "string")
    return rejectModel(where, `a layer has no class_name: ${valueText(entry)}`);
  const className = layer.class_name;
  const isNested = isModel(className, layer.config);
  const config = isRecord(layer.config)
    ? normalizedConfig(layer.config, where, isNested ? UNREAD : undefined)
    : {};
  const name = layer.name ?? config.name;
  if (typeof name !== "string" || name === "")
    return rejectModel(where, `a layer of class ${quoted(className)} has no name`);
  const calls = incomingNodes(layer.inbound_nodes, name, where);
  const model = isNested ? parseModel(className, layer.config, where, depth + 1) : undefined;
  const builtFor = isRecord(layer.build_config) ? layer.build_config.input_shape : undefined;
  return { name, className, config, calls, builtFor, model };
}

/**
 * Keras counts the calls of a nested model from 1, because building it was its call 0, except where the model
 * was built by the call itself. A number past the last call tells which.
 */
function renumberCalls(model: ModelConfig): ModelConfig {
  const highest = new Map<string, number>();
  const note = (ref: TensorRef) => highest.set(ref.layer, Math.max(ref.call, highest.get(ref.layer) ?? 0));
  for (const layer of model.layers.values()) for (const { reads } of layer.calls) reads.forEach(note);
  model.outputs.forEach(note);
  const renumber = (ref: TensorRef): TensorRef => {
    const target = model.layers.get(ref.layer);
    const first = target?.model && highest.get(ref.layer)! >= target.calls.length ? 1 : 0;
    return { ...ref, call: ref.call - first };
  };
  const layers = new Map<string, LayerConfig>();
  for (const [name, layer] of model.layers)
    layers.set(name, {
      ...layer,
      calls: layer.calls.map((call) => ({ ...call, reads: call.reads.map(renumber) })),
    });
  return { ...model, layers, outputs: model.outputs.map(renumber) };
}
