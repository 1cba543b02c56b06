import type { NetworkSpec } from "../../spec.js";
import { classNamesOf, namesOfScores } from "../class_names.js";
import { type Operand, perImage } from "../dataflow/activation.js";
import { Flow } from "../dataflow/flow.js";
import { Refusals } from "../dataflow/refusals.js";
import { scoresOf } from "../dataflow/scores.js";
import { refuseUnknown } from "../dataflow/unsupported.js";
import { rejectModel } from "../failure.js";
import { GraphBuilder } from "../graph_builder.js";
import type { FileImporter, ImportOptions } from "../importer.js";
import { readsOf, tensorsOf } from "./branches.js";
import { makersOf, nodesFor, unknownOperators } from "./graph.js";
import { graphInput } from "./input.js";
import type { OnnxContext } from "./node.js";
import { outputsOf } from "./outputs.js";
import { Placeholders } from "./placeholders.js";
import { type GraphProto, MalformedProto, type ModelProto, type NodeProto, readModel } from "./proto.js";
import { run } from "./run.js";
import { TensorReader } from "./tensors.js";

/** Whatever a network computes, the attacks take it as an engine. */
const ELSEWHERE =
  'write it as a function of TensorFlow.js tensors ({ backend: "tfjs" }), or give the attacks an object of your own with logits and jacobian';

/** Sets of operators before this differ in what their attributes are. */
const OLDEST_OPSET = 7;

/** Values that constants of a file may need for what it computes of them: shapes and masks, and each weight a few times. */
const [FOLDED, FOLDED_PER_BYTE] = [2 ** 25, 16];

/** Imports an ONNX file, weights beside it included. */
export const importFiles: FileImporter["importFiles"] = async (main, source, options, reading) => {
  const where = source.label;
  const model = parse(main.bytes, where);
  const { graph } = model;
  if (!graph) return rejectModel(where, "it has no graph: it is not an ONNX file, or a damaged one");
  if (graph.sparse > 0) rejectModel(where, "it has sparse initializers, which are not supported");
  const makers = makersOf(graph, where);
  const outputs = outputsOf(graph, makers, options.output, where);
  const nodes = nodesFor(outputs, makers, where);
  const unknown = unknownOperators(nodes);
  const tensors = new TensorReader(source, main.bytes.length);
  const stored = storedTensors(graph, nodes, where);
  // Not read, perhaps over a network, for a model that is refused.
  if (stored.some(({ isExternal }) => isExternal))
    refuseUnknown(unknown, { unchecked: nodes.length - unknown.length, anyway: ELSEWHERE });
  await tensors.load(stored, reading);
  reading.end();
  options.signal?.throwIfAborted();
  return networkOf({ model, graph, nodes, outputs, tensors }, options, where);
};

interface Parsed {
  readonly model: ModelProto;
  readonly graph: GraphProto;
  readonly nodes: readonly NodeProto[];
  readonly outputs: readonly string[];
  readonly tensors: TensorReader;
}

async function networkOf(
  { model, graph, nodes, outputs, tensors }: Parsed,
  options: ImportOptions,
  where: string,
): Promise<NetworkSpec> {
  const builder = new GraphBuilder(where);
  const needed = new Set([...nodes.flatMap((node) => readsOf(node, where)), ...outputs]);
  const refusals = new Refusals(where, ELSEWHERE);
  const { input, context, values } = refusals.beside(unknownOperators(nodes), () => {
    const input = graphInput(graph, nodes, needed, builder, options.inputShape);
    const values = new Map<string, Operand>([[input.name, input.activation]]);
    for (const proto of graph.initializers)
      if (needed.has(proto.name)) values.set(proto.name, tensors.read(proto));
    const context: OnnxContext = {
      builder,
      folded: { values: 0, most: FOLDED + FOLDED_PER_BYTE * tensors.bytes },
      opset: opsetOf(model, where),
      fixedBatch: input.fixedBatch,
      tensors,
    };
    return { input, context, values };
  });
  const placeholders = new Placeholders(graph, builder, input.fixedBatch);
  await run(nodes, values, context, outputs, { refusals, placeholders });
  refusals.finish();
  const scores = scoresOf(outputs, values, where);
  const { value } = new Flow(context, scores.name, "output").inOrder(scores.activation);
  const classNames = classNamesOf(metadataOf(model)) ?? options.labels;
  return {
    name: graph.name || "network",
    input: { name: input.activation.value.name, shape: input.activation.value.shape },
    nodes: builder.nodes,
    output: value.name,
    classNames: namesOfScores(classNames, perImage(scores.activation), (text) => builder.warn(text)),
    warnings: builder.warnings,
  } satisfies NetworkSpec;
}

function parse(bytes: Uint8Array, where: string): ModelProto {
  try {
    return readModel(bytes);
  } catch (error) {
    if (!(error instanceof MalformedProto)) throw error;
    return rejectModel(where, "it is not an ONNX file, or a damaged one (its protobuf ends too early)");
  }
}

function opsetOf({ opsets }: ModelProto, where: string): number {
  const versions = opsets.flatMap(({ domain, version }) =>
    domain === "" || domain === "ai.onnx" ? [version] : [],
  );
  const opset = Math.max(1, ...versions);
  return opset >= OLDEST_OPSET
    ? opset
    : rejectModel(
        where,
        `it uses opset ${opset}, expected ${OLDEST_OPSET} or newer: convert it with onnx.version_converter`,
      );
}

/** Tensors that nodes read, in attributes too. */
function storedTensors(graph: GraphProto, nodes: readonly NodeProto[], where: string) {
  const read = new Set(nodes.flatMap((node) => readsOf(node, where)));
  return [
    ...graph.initializers.filter(({ name }) => read.has(name)),
    ...nodes.flatMap(({ attributes }) => attributes.flatMap(({ tensor }) => tensor ?? [])),
    ...nodes.flatMap((node) => tensorsOf(node, where)),
  ];
}

function metadataOf({ metadata }: ModelProto): unknown {
  const entries: Record<string, unknown> = {};
  for (const { key, value } of metadata) entries[key] = parsedList(value);
  return { classNames: entries.classNames ?? entries.class_names ?? entries.names, ...entries };
}

/** A list as exporters write it: JSON, or a Python dictionary from number to name, or names with commas. */
function parsedList(text: string): unknown {
  try {
    const json: unknown = JSON.parse(text);
    return typeof json === "object" && json !== null && !Array.isArray(json) ? Object.values(json) : json;
  } catch {
    const entries = [...text.matchAll(/(\d+)\s*:\s*(['"])(.*?)\2\s*[,}]/g)];
    if (entries.length > 0 && entries.every(([, number], i) => Number(number) === i))
      return entries.map(([, , , name]) => name);
    return text;
  }
}
