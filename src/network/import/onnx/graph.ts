/** Which nodes a value depends on, and in which order they can run. */

import type { UnsupportedLayer } from "../../../errors.js";
import { dependencies } from "../dataflow/order.js";
import { quoted, rejectModel } from "../failure.js";
import { readsOf } from "./branches.js";
import { nameOf } from "./node.js";
import { operatorOf } from "./operators/registry.js";
import type { GraphProto, NodeProto } from "./proto.js";

/** The nodes that make each value. @throws ModelError where two nodes make one */
export function makersOf(graph: GraphProto, where: string): ReadonlyMap<string, NodeProto> {
  const makers = new Map<string, NodeProto>();
  for (const node of graph.nodes)
    for (const output of node.outputs) {
      if (output === "") continue;
      if (makers.has(output)) rejectModel(where, `two nodes make the value ${quoted(output)}`);
      makers.set(output, node);
    }
  return makers;
}

/** The nodes that these values depend on, each after what it reads. @throws ModelError for a cycle */
export function nodesFor(
  outputs: readonly string[],
  makers: ReadonlyMap<string, NodeProto>,
  where: string,
): NodeProto[] {
  const makersOf = (names: readonly string[]) => names.flatMap((name) => makers.get(name) ?? []);
  return dependencies(makersOf(outputs), (node) => makersOf(readsOf(node, where)), nameOf, where);
}

/** Nodes that there is no importer for. */
export function unknownOperators(nodes: readonly NodeProto[]): UnsupportedLayer[] {
  const unknown = nodes.filter(({ type, domain }) => !operatorOf(type, domain));
  return unknown.map((node) => ({ layer: nameOf(node), operator: labelOf(node) }));
}

function labelOf({ type, domain }: NodeProto): string {
  return domain === "" || domain === "ai.onnx" ? type : `${domain}.${type}`;
}
