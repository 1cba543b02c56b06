import { type Node, sizeOf } from "../../network/spec.js";

/** The weight arrays that a node owns. */
export function weightsOf(node: Node): readonly Float32Array[] {
  switch (node.op) {
    case "Conv":
    case "Gemm":
      return node.bias ? [node.weights, node.bias] : [node.weights];
    case "BatchNormalization":
      return [node.scale, node.bias, node.mean, node.variance];
    case "PRelu":
      return [node.slope];
    default:
      return [];
  }
}

/**
 * Multiply-adds of one image's forward pass, as the field counts them: convolutions and dense layers, zero for
 * everything element-wise. A backward pass to the input costs as many for each class.
 */
export function multiplyAdds(node: Node): number {
  const outputs = sizeOf(node.shape);
  if (node.op === "Conv") {
    const channels = node.inputShapes[0][node.inputShapes[0].length - 1];
    return outputs * node.kernel[0] * node.kernel[1] * (channels / node.groups);
  }
  if (node.op === "Gemm") return outputs * (node.weights.length / node.units);
  return 0;
}
