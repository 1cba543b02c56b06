import { consumersOf } from "../graph.js";
import type { Node, Pads } from "../spec.js";

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
    const folds =
      (node.op === "Conv" || node.op === "Pad") &&
      source?.op === "Pad" &&
      consumers.get(source.name)?.length === 1;
    if (!folds) {
      made.set(node.name, node);
      continue;
    }
    made.delete(source.name);
    made.set(node.name, {
      ...node,
      inputs: source.inputs,
      inputShapes: source.inputShapes,
      pads: node.pads.map((pad, side) => pad + source.pads[side]) as unknown as Pads,
    });
  }
  return [...made.values()];
}
