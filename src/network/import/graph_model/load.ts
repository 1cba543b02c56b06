import type { NetworkSpec } from "../../spec.js";
import { classNamesOf, namesOfScores } from "../class_names.js";
import { perImage } from "../dataflow/activation.js";
import { Flow } from "../dataflow/flow.js";
import { dependencies } from "../dataflow/order.js";
import { Refusals } from "../dataflow/refusals.js";
import { float32Tensor, type Tensor } from "../dataflow/tensor.js";
import { isRecord, quoted, rejectModel, valueText } from "../failure.js";
import { GraphBuilder } from "../graph_builder.js";
import type { FileImporter, ImportOptions } from "../importer.js";
import { decodeGroup, float32Of, parseManifest, type Weight } from "../manifest.js";
import { graphInput } from "./input.js";
import { areLengths } from "./lengths.js";
import { artifactsOf, type LiveGraphModel, liveWeights } from "./live.js";
import type { GraphContext } from "./node.js";
import { chooseScores, endsOf, outputsOf } from "./outputs.js";
import { run, unknownOperator, type Values } from "./run.js";
import { type GraphTopology, parseGraph, parseReference } from "./topology.js";

/** Imports the `model.json` of a TensorFlow.js GraphModel, without TensorFlow.js. */
export const importFiles: FileImporter["importFiles"] = async (main, source, options, reading) => {
  const where = source.label;
  const { json = {} } = main;
  const topology = parseGraph(json.modelTopology, signatureOf(json), where);
  if (json.weightsManifest === undefined) rejectModel(where, "it has no weightsManifest, so no weights");
  const groups = parseManifest(json.weightsManifest, where);
  reading.expect(groups.reduce((sum, group) => sum + group.bytes, 0));
  const weights: Weight[] = [];
  for (const group of groups) {
    const data = await source.readFiles(group.files, group.bytes, reading);
    for (const weight of decodeGroup(group, data, where)) weights.push(weight);
  }
  reading.end();
  return importGraph(
    topology,
    weights,
    where,
    options,
    classNamesOf(json.userDefinedMetadata) ?? options.labels,
  );
};

/** Imports a live `tf.GraphModel`, whose weights are copied. */
export async function importLive(model: LiveGraphModel, options: ImportOptions): Promise<NetworkSpec> {
  const where = "live tf.GraphModel";
  const { modelTopology, userDefinedMetadata } = artifactsOf(model);
  const topology = parseGraph(
    modelTopology,
    model.modelSignature ?? signatureOf({ userDefinedMetadata }),
    where,
  );
  const weights = await liveWeights(model, where);
  options.signal?.throwIfAborted();
  return importGraph(topology, weights, where, options, classNamesOf(userDefinedMetadata));
}

/** Older converters left it with the user's metadata. */
function signatureOf(json: Readonly<Record<string, unknown>>): unknown {
  const { signature, userDefinedMetadata } = json;
  return signature ?? (isRecord(userDefinedMetadata) ? userDefinedMetadata.signature : undefined);
}

/** What may be computed of constants, in values: some for shapes, and for each value of the file a few. */
const LEAST_FOLDING = 2 ** 22;
const FOLDING = 16;

function importGraph(
  topology: GraphTopology,
  weights: readonly Weight[],
  where: string,
  options: ImportOptions,
  classNames: readonly string[] | undefined,
): NetworkSpec {
  const outputs = outputsOf(topology, options.output, where);
  const nodeOf = (reference: string) => topology.nodes.get(parseReference(reference).node)!;
  const nodes = dependencies(
    outputs.map(nodeOf),
    ({ inputs }) => inputs.map(({ node }) => topology.nodes.get(node)!),
    ({ name }) => name,
    where,
  );
  const builder = new GraphBuilder(where);
  const context: GraphContext = {
    builder,
    folded: {
      values: 0,
      most: LEAST_FOLDING + FOLDING * weights.reduce((sum, { data }) => sum + data.length, 0),
    },
    weights: new Map(weights.map((weight) => [weight.name, tensorOf(weight, where)])),
    spread: new WeakMap(),
    ends: endsOf(outputs, topology.nodes),
  };
  const refusals = new Refusals(where);
  const input = refusals.beside(nodes.flatMap(unknownOperator), () =>
    graphInput(context, nodes, options.inputShape),
  );
  const values = new Map<string, Values>([[input.name, [input.activation]]]);
  run(nodes, values, input.activation.batch < 0 ? { ...context, fixedBatch: 1 } : context, refusals);
  const scores = chooseScores(outputs, values, where);
  const { value } = new Flow(context, scores.name, "output").inOrder(scores.activation);
  return {
    name: "network",
    input: { name: input.activation.value.name, shape: input.activation.value.shape },
    nodes: builder.nodes,
    output: value.name,
    classNames: namesOfScores(classNames, perImage(scores.activation), (text) => builder.warn(text)),
    warnings: builder.warnings,
  };
}

function tensorOf({ name, shape, type, data }: Weight, where: string): Tensor {
  if (!areLengths(shape)) rejectModel(where, `weight ${quoted(name)} has shape ${valueText(shape)}`);
  return type === "float"
    ? float32Tensor(shape, float32Of({ name, shape, type, data }))
    : { kind: "tensor", type, dims: shape, data: Float64Array.from(data) };
}
