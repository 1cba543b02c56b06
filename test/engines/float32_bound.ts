import { forward64, jacobian64 } from "../../src/engines/reference.js";
import { buildNetwork } from "../../src/network/build.js";
import type { InputTransform } from "../../src/network/input.js";
import { type Network, type Node, type Operator, sizeOf } from "../../src/network/spec.js";

/** Largest slope of an activation that is left in the sums below; all have |f(x)| <= |f(0)| + SLOPE |x|. */
const SLOPE = 2;

/**
 * How far a float32 evaluation, in any order of summation, may be from the float64 one: `bound.logits[c]` and
 * `bound.values[k][i]`, for one image.
 *
 * Let M be the network with weights and inputs replaced by absolute values, differences and maxima by sums, and
 * activations by `1 + SLOPE |x|`. Its values bound those of the network, and its gradients bound every product of
 * partial derivatives along every path, summed. A node that adds n terms of float32 makes a relative error of at
 * most (n + 1) u in each of them (u = 2^-24), so to first order a value is off by at most `u m M`, m the sum of
 * (n + 1) over the nodes. A gradient has the same error from its own sums, and another one where an activation's
 * slope was taken at a value that was off: at most `u m max M` (second derivatives are at most SLOPE). The result
 * is doubled for the terms of second order and the rounding of the image and of the result.
 */
export function float32Bound(
  network: Network,
  input: InputTransform,
  image: Float64Array,
  classes: Int32Array,
) {
  const magnitude = buildNetwork({
    input: network.input,
    nodes: network.nodes.flatMap((node) => {
      const operators = absolute(node);
      const names = operators.map((_, i) => (i === operators.length - 1 ? node.name : `${node.name}/${i}`));
      return operators.map((operator, i) => ({
        ...operator,
        name: names[i],
        inputs: i === 0 ? node.inputs : [names[i - 1]],
      }));
    }),
    output: network.output,
  });
  const absoluteInput = { ...input, scale: input.scale.map(Math.abs), offset: input.offset.map(Math.abs) };
  const absoluteImage = image.map(Math.abs);
  const terms = network.nodes.reduce((sum, node) => sum + termsOf(node) + 1, 1);
  const relative = 2 * terms * 2 ** -24;
  const run = forward64(magnitude, absoluteInput, absoluteImage);
  const largest = [...run.values()].reduce((most, value) => value.reduce((a, b) => Math.max(a, b), most), 1);
  const { logits, values } = jacobian64(magnitude, absoluteInput, absoluteImage, classes);
  return {
    logits: logits.map((value) => relative * value),
    values: values.map((value) => relative * (1 + largest) * value),
  };
}

/** Terms that one value of the node's output, or one cotangent of its input, is a sum of. */
function termsOf(node: Node): number {
  switch (node.op) {
    case "Conv":
      return node.kernel[0] * node.kernel[1] * Math.max(node.inputShapes[0][2], node.filters) + 1;
    case "Gemm":
      return Math.max(node.weights.length / node.units, node.units) + 1;
    case "MaxPool":
    case "AveragePool":
      return node.kernel[0] * node.kernel[1] + 2;
    case "GlobalAveragePool":
      return sizeOf(node.inputShapes[0]) / node.inputShapes[0][2];
    case "Resize":
      return 2 * sizeOf(node.size);
    case "Add":
    case "Sub":
    case "Mul":
      // A broadcast value's cotangent is a sum over all that it was combined with.
      return node.inputs.length * sizeOf(node.shape);
    case "BatchNormalization":
      return 4;
    default:
      // Exponentials, tangents and error functions are polynomials; 16 u in the header of the reference.
      return 16;
  }
}

/** The node of the magnitude network, or a chain of two. */
function absolute(node: Node): Operator[] {
  const abs = (values: Float32Array) => values.map(Math.abs);
  const channels = node.shape[node.shape.length - 1];
  switch (node.op) {
    case "Conv":
    case "Gemm":
      return [{ ...node, weights: abs(node.weights), bias: node.bias && abs(node.bias) }];
    case "BatchNormalization": {
      const mean = node.mean.map((m) => -Math.abs(m));
      return [{ ...node, scale: abs(node.scale), bias: abs(node.bias), mean }];
    }
    case "Constant":
      return [{ ...node, data: abs(node.data) }];
    case "Sub":
      return [{ op: "Add" }];
    case "MaxPool": {
      const weights = new Float32Array(node.kernel[0] * node.kernel[1] * channels).fill(1);
      return [{ ...node, op: "Conv", weights, filters: channels, groups: channels, dilations: [1, 1] }];
    }
    case "GlobalMaxPool": {
      const pixels = sizeOf(node.inputShapes[0]) / channels;
      return [{ op: "GlobalAveragePool" }, affine(channels, pixels, 0)];
    }
    case "AveragePool":
    case "GlobalAveragePool":
    case "Add":
    case "Mul":
    case "Concat":
    case "Pad":
    case "Slice":
    case "Resize":
    case "Flatten":
    case "Reshape":
    case "Transpose":
    case "Identity":
    case "Softmax":
      return [node];
    default:
      return [affine(channels, SLOPE, 1)];
  }
}

function affine(channels: number, factor: number, term: number): Operator {
  return {
    op: "BatchNormalization",
    scale: new Float32Array(channels).fill(factor),
    bias: new Float32Array(channels).fill(term),
    mean: new Float32Array(channels),
    variance: new Float32Array(channels).fill(1),
    epsilon: 0,
  };
}
