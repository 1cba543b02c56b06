import type { UnsupportedLayer } from "../../../errors.js";
import { topologicalOrder } from "../../graph.js";
import { type NetworkSpec, type NodeSpec, type Shape, sizeOf } from "../../spec.js";
import { namesOfScores } from "../class_names.js";
import { type Activation, batched } from "../dataflow/activation.js";
import { Flow } from "../dataflow/flow.js";
import { Refusals } from "../dataflow/refusals.js";
import { PASS_OUTPUT, quoted, rejectModel } from "../failure.js";
import { GraphBuilder } from "../graph_builder.js";
import { resolveInputShape } from "../input_shape.js";
import type { Weight } from "../manifest.js";
import { modelUpTo } from "./choose_output.js";
import { type ImportContext, LayerCall, type Operations } from "./layer_call.js";
import { type Layers, OPERATION_LAYER } from "./layers/layer_class.js";
import { RecordedWeights } from "./ordered_weights.js";
import type { CallArguments, TensorRef } from "./references.js";
import { adviceFor } from "./tfjs_layers.js";
import { type LayerConfig, type ModelConfig, shapeOfInput, type Topology, type Writer } from "./topology.js";
import { type WeightSource, WeightTable } from "./weights.js";

export interface UnfoldOptions {
  /** Per-image shape; needed where the model leaves a size open. */
  readonly inputShape?: readonly number[];
  /** Name of the layer that makes the class scores, where the model has several outputs. */
  readonly output?: string;
  /** Dropped where there are not as many as scores: metadata may be about anything. */
  readonly classNames?: readonly string[];
  /** Those that the model has, at least. */
  readonly layers: Layers;
  /** Needed for a model that {@link hasOperations}. */
  readonly operations?: Operations;
}

/** Whether layers of the model are operators of TensorFlow. */
export function hasOperations({ layers }: ModelConfig): boolean {
  return [...layers.values()].some(({ className, model }) =>
    model ? hasOperations(model) : className === OPERATION_LAYER,
  );
}

/**
 * {@link unfold} with weights by their names, or, where these lead nowhere, by their order.
 *
 * @throws ModelError where weights are missing, repeated or superfluous
 */
export function unfoldWith(
  topology: Topology,
  weights: readonly Weight[],
  where: string,
  options: UnfoldOptions,
): NetworkSpec {
  const table = new WeightTable(weights, where);
  try {
    return unfold(topology, table, where, options);
  } catch (error) {
    if (!table.unmatched) throw error;
    const recorded = new RecordedWeights();
    unfold(topology, recorded, where, options);
    const matched = recorded.matched(weights);
    if (!matched) throw error;
    return unfold(topology, matched, where, options);
  }
}

/**
 * A network from a topology and its weights: nested models are unfolded in place, a shared layer becomes one
 * operator per call with the same weight arrays.
 *
 * @throws ModelError for a model that is inconsistent, or has more than one input or output
 * @throws UnsupportedOperatorError for a layer without an importer
 */
export function unfold(
  { model: whole, writer }: Topology,
  weights: WeightSource,
  where: string,
  { inputShape, output: chosen, classNames, layers, operations }: UnfoldOptions,
): NetworkSpec {
  const model = chosen === undefined ? whole : modelUpTo(whole, chosen, where);
  for (const [kind, refs] of [
    ["input", model.inputs],
    ["output", model.outputs],
  ] as const)
    if (refs.length !== 1) {
      const names = refs.slice(0, 8).map((ref) => quoted(ref.layer));
      rejectModel(
        where,
        `the model has ${refs.length} ${kind}s (${names.join(", ")}), expected one${kind === "output" ? `; ${PASS_OUTPUT}` : ""}`,
      );
    }
  const inputLayer = model.layers.get(model.inputs[0].layer);
  if (!inputLayer)
    return rejectModel(where, `the model's input ${quoted(model.inputs[0].layer)} is no layer`);
  const builder = new GraphBuilder(where);
  const refusals = new Refusals(where);
  const input = refusals.beside(unknownLayers(model, layers, writer, []), () =>
    builder.input(inputLayer.name, resolveShape(inputLayer, where, inputShape)),
  );
  const context = {
    ...{ builder, weights, writer, taken: new Map(), folded: { values: 0 }, refusals },
    ...{ layers, operations },
  };
  const [scores] = unfoldModel(context, model, [], [batched(input)]);
  refusals.finish();
  // Unknown only behind a layer that was refused.
  if (!scores) return rejectModel(where, `output ${quoted(model.outputs[0].layer)} is made by no layer`);
  const flow = new Flow(context, model.outputs[0].layer, "output", "layer");
  const { value: output } = flow.arrange(scores, scores.dims.map((_, axis) => axis).slice(1));
  // Layers beyond a chosen output keep their weights to themselves.
  if (chosen === undefined) weights.checkAllTaken();
  return {
    name: model.name,
    input: { name: input.name, shape: input.shape },
    nodes: builder.nodes,
    output: output.name,
    classNames: namesOfScores(classNames, sizeOf(output.shape), (text) => builder.warn(text)),
    warnings: builder.warnings,
  };
}

function unknownLayers(
  model: ModelConfig,
  layers: Layers,
  writer: Writer,
  path: readonly string[],
): UnsupportedLayer[] {
  const inputs = new Set(model.inputs.map((ref) => ref.layer));
  return [...model.layers.values()].flatMap((layer) => {
    const own = [...path, layer.name];
    if (layer.model) return unknownLayers(layer.model, layers, writer, own);
    const isCalled = layer.calls.length > 0 && !inputs.has(layer.name);
    return isCalled ? unknownLayer(layer, layers, writer, own) : [];
  });
}

/** The layer, if there is no importer for it. */
function unknownLayer(
  layer: LayerConfig,
  layers: Layers,
  writer: Writer,
  path: readonly string[],
): UnsupportedLayer[] {
  if (layer.model || layers.has(layer.className, writer)) return [];
  const wayOut = adviceFor(layer.className);
  return [{ layer: path.join("/"), operator: layer.className, ...(wayOut && { wayOut }) }];
}

function resolveShape(layer: LayerConfig, where: string, given: readonly number[] | undefined): Shape {
  const declared = shapeOfInput(layer);
  const perImage: unknown[] | undefined = Array.isArray(declared) ? declared.slice(1) : undefined;
  const shape = resolveInputShape(where, layer.name, perImage, given);
  if (shape.length === 0)
    rejectModel(
      where,
      `input ${quoted(layer.name)} has shape [], expected at least one axis besides the batch`,
    );
  return shape;
}

/** What a call makes; undefined where nobody knows because a layer before cannot run. */
type Value = Activation | undefined;

interface UnfoldContext extends ImportContext {
  readonly refusals: Refusals;
  readonly layers: Layers;
}

/** Runs every layer call of `model` on values instead of tensors. */
function unfoldModel(
  context: UnfoldContext,
  model: ModelConfig,
  path: readonly string[],
  inputs: readonly Value[],
): readonly Value[] {
  const { where } = context.builder;
  context.builder.step();
  if (inputs.length !== model.inputs.length)
    rejectModel(
      where,
      `the model ${quoted(model.name)} is called on ${inputs.length} values and has ${model.inputs.length} inputs`,
    );
  const values = new Map<string, readonly Value[]>();
  model.inputs.forEach((ref, i) => {
    values.set(callKey(ref.layer, 0), [inputs[i]]);
  });
  const read = (ref: TensorRef, reader: string): Value => {
    const made = values.get(callKey(ref.layer, ref.call));
    if (made === UNKNOWN) return undefined;
    return made && ref.tensor in made
      ? made[ref.tensor]
      : rejectModel(
          where,
          `${reader} reads output ${ref.tensor} of call ${ref.call} of layer ${quoted(ref.layer)}, which does not exist`,
        );
  };
  for (const { layer, call, name } of orderedCalls(model)) {
    if (values.has(name)) continue;
    const own = [...path, layer.name];
    const { reads, given } = layer.calls[call];
    const operands = reads.map((ref) => read(ref, `layer ${quoted(own.join("/"))}`));
    values.set(
      name,
      layer.model
        ? unfoldModel(context, layer.model, own, operands)
        : (unfoldLayer(context, layer, own, operands, given) ?? UNKNOWN),
    );
  }
  return model.outputs.map((ref) => read(ref, `the output of ${quoted(model.name)}`));
}

/** Any number of outputs of a layer that cannot run. */
const UNKNOWN: readonly Value[] = [];

function unfoldLayer(
  context: UnfoldContext,
  layer: LayerConfig,
  path: readonly string[],
  operands: readonly Value[],
  given: CallArguments,
): readonly Activation[] | undefined {
  const { refusals } = context;
  const [unknown] = unknownLayer(layer, context.layers, context.writer, path);
  if (unknown) {
    refusals.note(unknown);
    return undefined;
  }
  const known = operands.flatMap((value) => value ?? placeholderFor(layer, context.builder) ?? []);
  if (known.length < operands.length) {
    refusals.skip();
    return undefined;
  }
  return refusals.attempt(() =>
    context.layers.importLayer(new LayerCall(context, layer, path, known, given)),
  );
}

/** Stands in for what a layer that cannot run makes, where its reader says what it was built for. */
function placeholderFor({ name, calls, builtFor }: LayerConfig, builder: GraphBuilder): Value {
  if (!Array.isArray(builtFor) || calls.some(({ reads }) => reads.length !== 1)) return undefined;
  const shape: unknown[] = builtFor.slice(1);
  const isKnown = shape.every((n): n is number => Number.isSafeInteger(n) && (n as number) > 0);
  return isKnown && shape.length > 0 ? batched(builder.input(name, shape)) : undefined;
}

type OrderedCall = NodeSpec & { readonly layer: LayerConfig; readonly call: number };

/** Every call of every layer, each after those it reads; the order of the file where that is one. */
function orderedCalls(model: ModelConfig): OrderedCall[] {
  const calls: OrderedCall[] = [];
  for (const layer of model.layers.values())
    layer.calls.forEach(({ reads }, call) => {
      const inputs = reads.map((ref) => callKey(ref.layer, ref.call));
      calls.push({ op: "Identity", name: callKey(layer.name, call), inputs, layer, call });
    });
  return topologicalOrder(calls);
}

/** One key per call: what follows the last `#` is the call's number, whatever the layer is called. */
function callKey(layer: string, call: number): string {
  return `${layer}#${call}`;
}
