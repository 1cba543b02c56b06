/** Nodes that run one of two graphs: exporters write them where a shape decides, which is known while a file is imported. */

import { rejectModel } from "../failure.js";
import { type GraphProto, MalformedProto, type NodeProto, readGraph, type TensorProto } from "./proto.js";

/** Graphs within graphs within graphs are no classifier's. */
const DEEPEST = 8;

const GRAPHS = new WeakMap<Uint8Array, GraphProto>();

/** The graph that a node runs where its condition is so; undefined where it has none. @throws ModelError for a damaged one */
export function branchOf(node: NodeProto, condition: boolean, where: string): GraphProto | undefined {
  const name = condition ? "then_branch" : "else_branch";
  const bytes = node.attributes.find((attribute) => attribute.name === name)?.graph;
  return bytes && decoded(bytes, where);
}

function branchesOf(node: NodeProto, where: string): GraphProto[] {
  return node.type === "If"
    ? [true, false].flatMap((condition) => branchOf(node, condition, where) ?? [])
    : [];
}

/** Values of a node's surroundings that it may read, those of its branches too. */
export function readsOf(node: NodeProto, where: string): readonly string[] {
  const branches = nested(node, where);
  if (branches.length === 0) return node.inputs;
  const within = branches.flatMap(({ nodes, outputs }) => [
    ...nodes.flatMap(({ inputs }) => inputs),
    ...outputs.map(({ name }) => name),
  ]);
  return [...new Set([...node.inputs, ...within])];
}

/** Tensors that are stored in a node's branches. */
export function tensorsOf(node: NodeProto, where: string): TensorProto[] {
  return nested(node, where).flatMap(({ initializers, nodes }) => [
    ...initializers,
    ...nodes.flatMap(({ attributes }) => attributes.flatMap(({ tensor }) => tensor ?? [])),
  ]);
}

/** The branches of a node, and theirs. */
function nested(node: NodeProto, where: string): GraphProto[] {
  const all: GraphProto[] = [];
  let level = branchesOf(node, where);
  for (let depth = 0; level.length > 0; depth++) {
    if (depth === DEEPEST) return rejectModel(where, `it has graphs nested ${DEEPEST} deep and deeper`);
    all.push(...level);
    level = level.flatMap(({ nodes }) => nodes.flatMap((inner) => branchesOf(inner, where)));
  }
  return all;
}

function decoded(bytes: Uint8Array, where: string): GraphProto {
  const known = GRAPHS.get(bytes);
  if (known) return known;
  try {
    const graph = readGraph(bytes);
    GRAPHS.set(bytes, graph);
    return graph;
  } catch (error) {
    if (!(error instanceof MalformedProto)) throw error;
    return rejectModel(where, "a graph within it is damaged (its protobuf ends too early)");
  }
}
