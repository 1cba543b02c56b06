import type { AnyOperator } from "../node.js";
import { type MakeOperator, withShape } from "./operator.js";

/** The same values in another shape. */
export function reshaped<O extends AnyOperator>(): MakeOperator<O> {
  return (node, { tf }) => ({
    forward: ([x]) => withShape(tf, x, node.shape),
    vjp: (_inputs, _output, dy) => [withShape(tf, dy, node.inputShapes[0])],
  });
}
