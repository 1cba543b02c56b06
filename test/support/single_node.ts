import { inferShape } from "../../src/network/shapes.js";
import type { Node, Operator, Shape } from "../../src/network/spec.js";

/** A validated node on inputs of the given shapes, outside any network. */
export function singleNode(operator: Operator, ...inputShapes: Shape[]): Node {
  const spec = { ...operator, name: "node", inputs: inputShapes.map((_, j) => `input${j}`) };
  return { ...spec, inputShapes, shape: inferShape(spec, inputShapes) };
}
