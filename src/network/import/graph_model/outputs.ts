import type { Activation, Operand } from "../dataflow/activation.js";
import { scoresOf } from "../dataflow/scores.js";
import { quoted, rejectModel } from "../failure.js";
import { type GraphNode, type GraphTopology, parseReference } from "./topology.js";

/** Operators that choose a label by its scores. */
const CHOOSES_LABEL = new Set(["ArgMax", "TopK", "TopKV2"]);
/** Operators that may follow a label and leave it what it is. */
const KEEPS_LABEL = new Set(["Identity", "Cast", "Squeeze", "ExpandDims", "Reshape"]);
/** Operators that may follow scores and keep their order. */
const KEEPS_SCORES = new Set(["Identity", "Softmax", "LogSoftmax"]);

/** Operators that keep values where they are. */
const KEEPS_VALUES = new Set(["Identity", "Squeeze", "ExpandDims", "Reshape"]);

/** Longer chains are none of names. */
const MOST_STEPS = 64;

/**
 * References of the values that may be the scores: the chosen one, those of the signature, or what no node reads. Where an
 * output is a label, the scores that it was chosen by; where several have the same scores, the first.
 *
 * @param chosen key of the signature or name of a node, as the caller gave it
 */
export function outputsOf(
  topology: GraphTopology,
  chosen: string | undefined,
  where: string,
): readonly string[] {
  const { nodes } = topology;
  const known = (name: string): boolean => nodes.has(parseReference(name).node);
  const signed = topology.outputs?.filter(({ name }) => known(name)) ?? [];
  const names = signed.length > 0 ? signed.map(({ name }) => name) : sinksOf(topology);
  if (chosen !== undefined) {
    const name = signed.find(({ key }) => key === chosen)?.name ?? chosen;
    if (known(name)) return [scoresBefore(name, nodes)];
    const keys = signed.length > 0 ? signed.map(({ key }) => key) : names;
    return rejectModel(
      where,
      `output is ${quoted(chosen)}, which no node makes; its outputs are ${keys.slice(0, 8).map(quoted).join(", ")}`,
    );
  }
  if (names.length === 0) return rejectModel(where, "it has no outputs");
  const found = new Map<string, string>();
  for (const name of names) {
    const scores = scoresBefore(name, nodes);
    const origin = walkBack(scores, nodes, KEEPS_SCORES);
    if (!found.has(origin)) found.set(origin, scores);
  }
  return [...found.values()];
}

/** Nodes that make these values, but for what only renames axes. */
export function endsOf(outputs: readonly string[], nodes: Nodes): ReadonlySet<string> {
  return new Set(outputs.map((name) => parseReference(walkBack(name, nodes, KEEPS_VALUES)).node));
}

function sinksOf({ nodes }: GraphTopology): string[] {
  const read = new Set([...nodes.values()].flatMap(({ inputs }) => inputs.map(({ node }) => node)));
  return [...nodes.values()]
    .filter(({ name, op }) => !read.has(name) && op !== "NoOp" && op !== "Const" && op !== "Assert")
    .map(({ name }) => name);
}

type Nodes = ReadonlyMap<string, GraphNode>;

/** What a label was chosen by; anything else as it is. */
function scoresBefore(name: string, nodes: Nodes): string {
  const { node } = parseReference(walkBack(name, nodes, KEEPS_LABEL));
  const label = nodes.get(node)!;
  return CHOOSES_LABEL.has(label.op) && label.inputs.length > 0 ? referenceTo(label.inputs[0]) : name;
}

/** Where a value comes from, by way of these operators. */
function walkBack(name: string, nodes: Nodes, operators: ReadonlySet<string>): string {
  let reference = parseReference(name);
  for (let steps = 0; steps < MOST_STEPS; steps++) {
    const { op, inputs } = nodes.get(reference.node)!;
    if (!operators.has(op) || inputs.length === 0) break;
    [reference] = inputs;
  }
  return referenceTo(reference);
}

function referenceTo({ node, output }: ReturnType<typeof parseReference>): string {
  return `${node}:${output}`;
}

/** The output that is a vector of scores, of those that were computed. */
export function chooseScores(
  outputs: readonly string[],
  values: ReadonlyMap<string, readonly Operand[] | undefined>,
  where: string,
): { readonly name: string; readonly activation: Activation } {
  const found = outputs.map((name) => {
    const { node, output } = parseReference(name);
    const value = values.get(node)?.[output];
    return value
      ? ([name, value] as const)
      : rejectModel(where, `output ${quoted(name)} is none of node ${quoted(node)}`);
  });
  return scoresOf(outputs, new Map(found), where);
}
