import { factsOf } from "../../kernels/operators/facts_of.js";
import { consumersOf } from "../graph.js";
import type { Node } from "../spec.js";

/**
 * Moves zero padding into the one node that reads it: a Conv, whose own padding is zeros too, or another Pad.
 * Pooling is not eligible, for its padding is left out of the window instead of counting as zeros.
 *
 * @param nodes topological order, none dead
 */
export function foldPads(nodes: readonly Node[]): readonly Node[] {
  const consumers = consumersOf(nodes);
  const made = new Map<string, Node>();
  for (const node of nodes) {
    const source = made.get(node.inputs[0]);
    const pads = source && factsOf(source).zeroPads?.(source);
    const padded = pads && factsOf(node).absorbsPads?.(node, pads);
    if (!padded || consumers.get(source.name)?.length !== 1) {
      made.set(node.name, node);
      continue;
    }
    made.delete(source.name);
    made.set(node.name, { ...padded, inputs: source.inputs, inputShapes: source.inputShapes });
  }
  return [...made.values()];
}
