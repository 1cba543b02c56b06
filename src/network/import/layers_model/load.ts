import type { NetworkSpec } from "../../spec.js";
import { classNamesOf } from "../class_names.js";
import { rejectModel } from "../failure.js";
import type { FileImporter, ImportOptions } from "../importer.js";
import { decodeGroup, parseManifest, type Weight } from "../manifest.js";
import type { LiveLayersModel } from "./is_live.js";
import type { Operations } from "./layer_call.js";
import type { Layers } from "./layers/layer_class.js";
import { plain } from "./layers/plain.js";
import { type ModelConfig, parseTopology, type Topology } from "./topology.js";
import { hasOperations, unfoldWith } from "./unfold.js";

/** Imports the `model.json` of a TensorFlow.js LayersModel, Sequential or functional, without TensorFlow.js. */
export const importFiles: FileImporter["importFiles"] = async (main, source, options, reading) => {
  const where = source.label;
  const { json = {} } = main;
  if (json.modelTopology === undefined)
    rejectModel(where, "it has no modelTopology, expected the model.json of a tfjs LayersModel");
  const topology = parseTopology(json.modelTopology, where);
  if (json.weightsManifest === undefined) rejectModel(where, "it has no weightsManifest, so no weights");
  const groups = parseManifest(json.weightsManifest, where);
  reading.expect(groups.reduce((sum, group) => sum + group.bytes, 0));
  const weights: Weight[] = [];
  for (const group of groups) {
    const data = await source.readFiles(group.files, group.bytes, reading);
    for (const weight of decodeGroup(group, data, where)) weights.push(weight);
  }
  reading.end();
  return unfoldWith(topology, weights, where, {
    ...(await neededBy(topology)),
    inputShape: options.inputShape,
    output: options.output,
    classNames: classNamesOf(json.userDefinedMetadata) ?? options.labels,
  });
};

/** Imports a live `tf.LayersModel`, whose weights are copied. */
export async function importLive(
  model: LiveLayersModel,
  { inputShape, output, signal }: ImportOptions,
): Promise<NetworkSpec> {
  const where = `live model ${model.name}`;
  const { liveMetadata, liveTopology, liveWeights } = await import("./live.js");
  const topology = parseTopology(liveTopology(model, where), where);
  const weights = await liveWeights(model, where);
  signal?.throwIfAborted();
  const classNames = classNamesOf(liveMetadata(model));
  const needed = await neededBy(topology);
  return unfoldWith(topology, weights, where, { inputShape, output, classNames, ...needed });
}

/** What few models have is loaded for these: other layers than plain ones, and the importer of operators of TensorFlow. */
async function neededBy({ model }: Topology): Promise<{ layers: Layers; operations?: Operations }> {
  if (isPlain(model)) return { layers: plain };
  const [{ layers }, operations] = await Promise.all([
    import("./layers/registry.js"),
    hasOperations(model) ? import("../graph_model/layer_operation.js") : undefined,
  ]);
  return { layers, operations };
}

function isPlain({ layers }: ModelConfig): boolean {
  return [...layers.values()].every(({ className, model }) =>
    model ? isPlain(model) : className === "InputLayer" || plain.has(className, "tfjs"),
  );
}
