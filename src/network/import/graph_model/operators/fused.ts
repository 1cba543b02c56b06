/** What grappler fused into a layer. */

import type { Activation, Operand } from "../../dataflow/activation.js";
import { batchNormalization, prelu } from "../../dataflow/layers.js";
import type { Tensor } from "../../dataflow/tensor.js";
import { valueText } from "../../failure.js";
import type { TfNode } from "../node.js";

/** A layer with what grappler fused into it: a bias or a batch normalisation, then an activation. */
export function fused(
  node: TfNode,
  layer: (bias?: Tensor) => Activation,
  axisOf: (y: Activation) => number,
): Operand {
  const ops = node.texts("fused_ops");
  const [first] = ops;
  node.ignore("TArgs", "num_host_args", "host_args");
  let next = 3;
  let y: Activation;
  if (first === "BiasAdd") y = layer(node.given(2, "bias"));
  else if (first === "FusedBatchNorm") {
    const plain = layer();
    y = batchNormalization(node, plain, axisOf(plain), {
      scale: node.given(2, "scale"),
      bias: node.given(3, "offset"),
      mean: node.given(4, "mean"),
      variance: node.given(5, "variance"),
      epsilon: node.float("epsilon", 0.0001),
    });
    next = 6;
  } else return node.unsupported(`fused_ops ${valueText(ops)}`);
  node.ignore("epsilon", "leakyrelu_alpha");
  const spread = node.spreadOf(y);
  const result = ops.slice(1).reduce((value, op) => activate(node, value, op, next), y);
  return spread ? node.setSpread(result, spread) : result;
}

function activate(node: TfNode, x: Activation, op: string, argument: number): Activation {
  switch (op) {
    case "Relu":
    case "Tanh":
    case "Sigmoid":
      return node.map({ op }, x);
    case "Relu6":
      return node.map({ op: "Clip", min: 0, max: 6 }, x);
    case "Elu":
      return node.map({ op: "Elu", alpha: 1 }, x);
    case "LeakyRelu":
      return node.map({ op: "LeakyRelu", alpha: node.float("leakyrelu_alpha", 0.2) }, x);
    case "GeluExact":
      return node.map({ op: "Gelu", approximate: "none" }, x);
    case "GeluApproximate":
      return node.map({ op: "Gelu", approximate: "tanh" }, x);
    case "Prelu":
      return prelu(node, x, node.given(argument, "slope"));
    default:
      return node.unsupported(`fused_ops ${valueText(op)}`);
  }
}
