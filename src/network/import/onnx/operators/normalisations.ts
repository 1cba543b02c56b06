/** Normalisations of each image by itself. */

import type { Operand } from "../../dataflow/activation.js";
import { arithmetic } from "../../dataflow/arithmetic.js";
import { norm1, norm2 } from "../../dataflow/compositions.js";
import {
  groupNormalization,
  layerNormalization,
  localResponseNormalization,
  rmsNormalization,
} from "../../dataflow/normalisation.js";
import { reshaped, strided, type Tensor } from "../../dataflow/tensor.js";
import { valueText } from "../../failure.js";
import type { OnnxNode } from "../node.js";
import { type OnnxOperators, operator } from "./operator.js";

function runLayerNormalization(node: OnnxNode): Operand {
  node.ignore("stash_type");
  const x = node.activation(0);
  return layerNormalization(
    node,
    x,
    node.axis("axis", -1, x.dims.length),
    positive(node, node.float("epsilon", 1e-5)),
    { scale: node.given(1, "scale"), bias: node.optional(2, "bias") },
  );
}

/** Of opset 23. */
function runRmsNormalization(node: OnnxNode): Operand {
  node.ignore("stash_type");
  const x = node.activation(0);
  const axis = node.axis("axis", -1, x.dims.length);
  const epsilon = positive(node, node.float("epsilon", 1e-5));
  return rmsNormalization(node, x, axis, epsilon, node.given(1, "scale"));
}

function positive(node: OnnxNode, epsilon: number): number {
  return epsilon > 0 ? epsilon : node.unsupported(`epsilon ${epsilon}`);
}

function runInstanceNormalization(node: OnnxNode): Operand {
  const x = node.activation(0);
  return groupNormalization(node, x, x.dims[1], positive(node, node.float("epsilon", 1e-5)), {
    scale: node.given(1, "scale"),
    bias: node.given(2, "bias"),
  });
}

/** Before opset 21 scale and bias have a value a group. */
function runGroupNormalization(node: OnnxNode): Operand {
  node.ignore("stash_type");
  const x = node.activation(0);
  const groups = node.integer("num_groups");
  const [scale, bias] = (["scale", "bias"] as const).map((what, i) => {
    const tensor = node.given(i + 1, what);
    return node.opset < 21 ? perChannel(node, tensor, groups, x.dims[1]) : tensor;
  });
  return groupNormalization(node, x, groups, positive(node, node.float("epsilon", 1e-5)), { scale, bias });
}

function perChannel(node: OnnxNode, tensor: Tensor, groups: number, channels: number): Tensor {
  if (tensor.data.length !== groups)
    node.reject(
      `scale or bias has shape ${valueText(tensor.dims)}, expected a value for each of ${groups} groups`,
    );
  const each = channels / groups;
  if (!Number.isSafeInteger(each)) node.reject(`${channels} channels in ${groups} groups`);
  node.reserve(channels);
  return reshaped(strided(tensor, [groups, each], [1, 0]), [channels]);
}

function runLrn(node: OnnxNode): Operand {
  return localResponseNormalization(node, node.activation(0), 1, {
    size: node.integer("size"),
    alpha: node.float("alpha", 1e-4),
    beta: node.float("beta", 0.75),
    bias: node.float("bias", 1),
  });
}

function runLpNormalization(node: OnnxNode): Operand {
  const x = node.activation(0);
  const axis = node.axis("axis", -1, x.dims.length);
  const p = node.integer("p", 2);
  if (p !== 1 && p !== 2) node.unsupported(`p ${p}`);
  return arithmetic(node, "Div", [x, (p === 1 ? norm1 : norm2)(node, x, [axis])]);
}

export const NORMALISATIONS: OnnxOperators = {
  LayerNormalization: operator(["LayerNormalization"], runLayerNormalization),
  RMSNormalization: operator(["Mul", "ReduceMean", "Add", "Pow"], runRmsNormalization),
  InstanceNormalization: operator(["LayerNormalization", "Mul", "Add"], runInstanceNormalization),
  GroupNormalization: operator(["LayerNormalization", "Mul", "Add"], runGroupNormalization),
  LRN: operator(["Mul", "Gemm", "Pow"], runLrn),
  LpNormalization: operator(["Div"], runLpNormalization),
};
