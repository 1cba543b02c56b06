import { simplify } from "../../src/network/simplify.js";
import type { Network, Node, Shape } from "../../src/network/spec.js";

/** A step of a peer: an operator of the network, or a change of the order in which an image lies. */
export type PeerStep =
  | { readonly kind: "operator"; readonly node: Node; readonly channelsFirst: boolean }
  | {
      readonly kind: "order";
      readonly name: string;
      readonly input: string;
      readonly channelsFirst: boolean;
    };

export interface PeerGraph {
  readonly input: { readonly name: string; readonly shape: Shape };
  /** Names are those of values in the order that their reader wants. */
  readonly steps: readonly PeerStep[];
  readonly output: string;
}

/** Reads and writes images. */
const OF_IMAGES: ReadonlySet<string> = new Set(["Conv", "MaxPool", "AveragePool", "GlobalAveragePool"]);
/** Means the last axis, or axes by their place. */
const OF_ROWS: ReadonlySet<string> = new Set([
  ...["Gemm", "LayerNormalization", "Softmax", "MatMul", "Transpose", "Reshape", "Slice", "Flatten"],
]);

/**
 * The simplified network, computed whole, in the orders in which peers hold values: images have their channels first where convolutions and
 * pools read or write them, everything else lies as here. Functions of single values take what comes, and where the
 * orders of their operands differ, channels first; the input has them first. So a network is spelled as its authors and
 * exporters spell it: ConvNeXt moves its channels to the end before a layer normalisation, and back behind the dense layers.
 */
export function peerGraph(network: Network): PeerGraph {
  const { input, nodes, output } = simplify(network, { narrows: false });
  const steps: PeerStep[] = [];
  const first = new Map([[input.name, input.shape.length === 3]]);
  const named = new Map<string, string>();
  /** The value in that order. */
  const inOrder = (value: string, channelsFirst: boolean): string => {
    if (first.get(value) === channelsFirst) return value;
    const name = named.get(value) ?? `${value}/${channelsFirst ? "channels_first" : "channels_last"}`;
    if (!named.has(value)) steps.push({ kind: "order", name, input: value, channelsFirst });
    named.set(value, name);
    return name;
  };
  for (const node of nodes) {
    const fits = [...node.inputShapes, node.shape].every((shape) => shape.length === 3);
    const reads =
      OF_IMAGES.has(node.op) ||
      (!OF_ROWS.has(node.op) && fits && node.inputs.some((value) => first.get(value) === true));
    const inputs = node.inputs.map((value) => inOrder(value, reads));
    steps.push({ kind: "operator", node: { ...node, inputs }, channelsFirst: reads });
    first.set(node.name, reads && node.shape.length === 3);
  }
  return { input, steps, output: inOrder(output, false) };
}
