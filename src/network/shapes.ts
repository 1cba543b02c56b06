import { UnsupportedOperatorError } from "../errors.js";
import { nameText, rejectNode, shapeText } from "../kernels/checks.js";
import { factsOf, isOperator } from "../kernels/operators/facts_of.js";
import { type NodeSpec, type Shape, sizeOf } from "./spec.js";

/**
 * Most values one image may need in one tensor: 4 GiB of float32, all that 32-bit WebAssembly can address.
 * A larger shape is a broken or hostile file, not a classifier.
 */
export const LARGEST_TENSOR = 2 ** 30;

/**
 * Per-image shape of a node's output, from its attributes and the per-image shapes of its inputs. Validates
 * every attribute, so an engine may trust a node that went through here.
 *
 * @param inputShapes per-image shapes of `node.inputs`, in order
 * @throws ModelError for an attribute, a weight array or an input shape that does not fit the operator
 * @throws UnsupportedOperatorError for an operator that there is not
 * @example
 * inferShape({ op: "Gemm", name: "dense", inputs: ["x"], weights: new Float32Array(30), units: 10 }, [[3]]); // [10]
 */
export function inferShape(node: NodeSpec, inputShapes: readonly Shape[]): Shape {
  if (!isOperator(node.op)) {
    const { name, op } = node as { readonly name: unknown; readonly op: unknown };
    throw new UnsupportedOperatorError(nameText(name), nameText(op));
  }
  const facts = factsOf(node);
  const [least, most] = facts.inputs;
  if (inputShapes.length < least || inputShapes.length > most) {
    const expected = least === most ? `${least}` : `at least ${least}`;
    rejectNode(node, `it has ${inputShapes.length} inputs, expected ${expected}`);
  }
  const shape = facts.shape(node, inputShapes);
  if (sizeOf(shape) > LARGEST_TENSOR)
    rejectNode(node, `output shape is ${shapeText(shape)}, expected at most ${LARGEST_TENSOR} values`);
  return shape;
}
