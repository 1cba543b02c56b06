import type { Activation } from "../dataflow/activation.js";
import { PASS_INPUT_SHAPE, quoted, rejectModel, valueText } from "../failure.js";
import { requireOneInput, resolveInputShape } from "../input_shape.js";
import { type GraphContext, TfNode } from "./node.js";
import type { GraphNode } from "./topology.js";

export interface GraphInput {
  readonly name: string;
  readonly activation: Activation;
}

/**
 * The image: the only placeholder that the output depends on.
 *
 * @throws ModelError for none or several, or a shape that is not that of a batch of images
 */
export function graphInput(
  context: GraphContext,
  nodes: readonly GraphNode[],
  inputShape: readonly number[] | undefined,
): GraphInput {
  const { builder } = context;
  const { where } = builder;
  const found = nodes.filter(({ op }) => op === "Placeholder");
  requireOneInput(
    where,
    found.map(({ name }) => name),
  );
  const [node] = found;
  const declared = new TfNode(context, node, []).shape("shape") ?? (inputShape && [-1, ...inputShape]);
  if (!declared) return rejectModel(where, `input ${quoted(node.name)} has no shape; ${PASS_INPUT_SHAPE}`);
  if (declared.length < 2 || declared.length > 4)
    return rejectModel(
      where,
      `input ${quoted(node.name)} has shape ${valueText(declared)}, expected [batch, ...] of one vector or image`,
    );
  // An image by itself: the graph adds the axis that counts them.
  const alone = declared.length === 3 && declared[0] > 1;
  const order = alone ? [0, 1, 2] : imageOrder(context, node, nodes, declared.length);
  const lengths = order.map((axis) => declared[axis]);
  const shape = resolveInputShape(where, node.name, lengths, inputShape);
  const value = builder.input(node.name, shape);
  const dims = declared.map((_, axis) => (order.includes(axis) ? shape[order.indexOf(axis)] : 1));
  const activation = {
    kind: "activation",
    dims,
    batch: alone || declared[0] === 1 ? -1 : 0,
    value,
    order,
  } as const;
  return { name: node.name, activation };
}

/** Axes of the tensor in the order that images have here, channels last; graphs made of ONNX files have them first. */
function imageOrder(
  { weights }: GraphContext,
  { name }: GraphNode,
  nodes: readonly GraphNode[],
  rank: number,
): number[] {
  const plain = Array.from({ length: rank - 1 }, (_, axis) => axis + 1);
  if (rank !== 4) return plain;
  const reached = new Set([name]);
  for (const { name: own, op, inputs, attributes } of nodes) {
    if (!inputs.some(({ node }) => reached.has(node))) continue;
    const format = attributes.get("data_format") as { readonly s?: string } | undefined;
    if (format?.s === "TkNIVw==" || format?.s === "NCHW") return [2, 3, 1];
    if (op === "Transpose") {
      const perm = weights.get(inputs[1]?.node)?.data ?? [];
      // From [N, C, H, W] to [N, H, W, C].
      return [0, 2, 3, 1].every((axis, i) => perm[i] === axis) ? [2, 3, 1] : plain;
    }
    if (/^(Add|AddV2|Sub|Mul|RealDiv|Identity|Cast|Pad)$/.test(op)) reached.add(own);
    else return plain;
  }
  return plain;
}
