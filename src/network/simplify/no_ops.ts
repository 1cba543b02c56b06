import { factsOf } from "../../kernels/operators/facts_of.js";
import type { Node } from "../spec.js";

/**
 * Removes nodes whose output is their input, value for value, and joins chains of Reshape and Flatten. Readers
 * of a removed node read its source. The output keeps its name: where the removed node is the output its source
 * takes the name over, unless the source is the network's input.
 *
 * @param nodes topological order
 */
export function dropNoOps(nodes: readonly Node[], output: string): readonly Node[] {
  /** What to read in place of a removed node. */
  const sources = new Map<string, string>();
  const kept = new Map<string, Node>();
  for (const original of nodes) {
    const node = joinedReshape(
      { ...original, inputs: original.inputs.map((name) => sources.get(name) ?? name) },
      kept,
    );
    const isOutputOfInput = node.name === output && !kept.has(node.inputs[0]);
    if (factsOf(node).isIdentity(node) && !isOutputOfInput) sources.set(node.name, node.inputs[0]);
    else kept.set(node.name, node);
  }
  const scores = sources.get(output);
  if (scores === undefined) return [...kept.values()];
  const rename = (name: string) => (name === scores ? output : name);
  return [...kept.values()].map((node) => ({
    ...node,
    name: rename(node.name),
    inputs: node.inputs.map(rename),
  }));
}

/** A Reshape or Flatten of a Reshape or Flatten reads the original value: both keep row-major order. */
function joinedReshape(node: Node, made: ReadonlyMap<string, Node>): Node {
  const source = made.get(node.inputs[0]);
  if (!factsOf(node).reshapes || source === undefined || !factsOf(source).reshapes) return node;
  // It goes by itself, and would say that its shape is that of what it reads.
  if (factsOf(node).isIdentity(node)) return node;
  return { ...node, inputs: source.inputs, inputShapes: source.inputShapes };
}
