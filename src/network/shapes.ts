import { rejectNode, shapeText } from "./checks.js";
import { checkActivation } from "./shapes/activation.js";
import { broadcastShape, concatShape, reshapedShape, slicedShape, transposedShape } from "./shapes/layout.js";
import { checkBatchNormalization, constantShape, gemmShape } from "./shapes/linear.js";
import { convShape, globalPoolShape, paddedShape, poolShape, resizedShape } from "./shapes/spatial.js";
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
 * @throws UnsupportedOperatorError for an operator that is not in `spec.ts`
 * @example
 * inferShape({ op: "Gemm", name: "dense", inputs: ["x"], weights: new Float32Array(30), units: 10 }, [[3]]); // [10]
 */
export function inferShape(node: NodeSpec, inputShapes: readonly Shape[]): Shape {
  checkArity(node, inputShapes.length);
  const shape = outputShape(node, inputShapes);
  if (sizeOf(shape) > LARGEST_TENSOR)
    rejectNode(node, `output shape is ${shapeText(shape)}, expected at most ${LARGEST_TENSOR} values`);
  return shape;
}

function outputShape(node: NodeSpec, inputShapes: readonly Shape[]): Shape {
  const input = inputShapes[0];
  switch (node.op) {
    case "Conv":
      return convShape(node, input);
    case "Gemm":
      return gemmShape(node, input);
    case "BatchNormalization":
      checkBatchNormalization(node, input);
      return input;
    case "MaxPool":
    case "AveragePool":
      return poolShape(node, input);
    case "GlobalAveragePool":
    case "GlobalMaxPool":
      return globalPoolShape(node, input);
    case "Add":
    case "Sub":
    case "Mul":
      return broadcastShape(node, inputShapes);
    case "Constant":
      return constantShape(node);
    case "Concat":
      return concatShape(node, inputShapes);
    case "Pad":
      return paddedShape(node, input);
    case "Slice":
      return slicedShape(node, input);
    case "Resize":
      return resizedShape(node, input);
    case "Flatten":
      return [sizeOf(input)];
    case "Reshape":
      return reshapedShape(node, input);
    case "Transpose":
      return transposedShape(node, input);
    case "Identity":
    case "Softmax":
      return input;
    default:
      checkActivation(node, input);
      return input;
  }
}

/** `[least, most]` number of inputs. */
function arity(node: NodeSpec): readonly [number, number] {
  switch (node.op) {
    case "Constant":
      return [0, 0];
    case "Add":
    case "Mul":
      return [2, Infinity];
    case "Sub":
      return [2, 2];
    case "Concat":
      return [1, Infinity];
    default:
      return [1, 1];
  }
}

function checkArity(node: NodeSpec, inputs: number): void {
  const [least, most] = arity(node);
  if (inputs < least || inputs > most) {
    const expected = least === most ? `${least}` : `at least ${least}`;
    rejectNode(node, `it has ${inputs} inputs, expected ${expected}`);
  }
}
