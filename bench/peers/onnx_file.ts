import { type Network, type Node, type Shape, sizeOf } from "../../src/network/spec.js";
import { type NodeFile, type TensorFile, TYPES, writeModel } from "../../test/network/onnx/writer.js";
import { floats, spelling } from "./onnx_spelling.js";
import { type PeerStep, peerGraph } from "./peer_graph.js";

/**
 * A network as an ONNX file, channels first, for any number of images: what ONNX Runtime is given where nobody exported the
 * model. Knows the operators of the benchmark's networks.
 *
 * @throws Error for a network with another operator
 */
export function onnxFile(network: Network): Uint8Array {
  const { input, steps, output } = peerGraph(network);
  const constants = new Set(
    steps.flatMap((step) =>
      step.kind === "operator" && step.node.op === "Constant" ? [step.node.name] : [],
    ),
  );
  const written = steps.map((step) =>
    step.kind === "order" ? reordered(step) : operator(step, input.name, constants),
  );
  return writeModel({
    opsets: { "": 20 },
    inputs: [{ name: input.name, dims: ["images", ...channelsFirst(input.shape)] }],
    outputs: [{ name: output }],
    initializers: written.flatMap(({ tensors }) => tensors),
    nodes: written.flatMap(({ nodes }) => nodes),
  });
}

interface Written {
  readonly nodes: readonly NodeFile[];
  readonly tensors: readonly TensorFile[];
}

function reordered(step: Extract<PeerStep, { kind: "order" }>): Written {
  const perm = step.channelsFirst ? [0, 3, 1, 2] : [0, 2, 3, 1];
  const node = { type: "Transpose", inputs: [step.input], outputs: [step.name], attributes: { perm } };
  return { nodes: [node], tensors: [] };
}

function operator(
  { node, channelsFirst }: Extract<PeerStep, { kind: "operator" }>,
  image: string,
  constants: ReadonlySet<string>,
): Written {
  // One for all images; arithmetic and products repeat it.
  if (node.op === "Constant")
    return { nodes: [], tensors: [floats(node.name, [1, ...node.shape], node.data)] };
  const { nodes, tensors } = spelling(node, channelsFirst);
  const repeated =
    node.op === "Concat"
      ? node.inputs.filter((name) => constants.has(name)).map((name) => expanded(name, image, node))
      : [];
  const inputs = node.inputs.map((name) => repeated.find((r) => r.of === name)?.name ?? name);
  const result = (index: number): string =>
    index === nodes.length - 1 ? node.name : `${node.name}/${index}`;
  return {
    tensors: [...tensors, ...repeated.flatMap((r) => r.tensors)],
    nodes: [
      ...repeated.flatMap((r) => r.nodes),
      ...nodes.map(({ type, attributes, reads, further = [] }, index) => {
        const usual = index === 0 ? inputs.map((_, i) => i) : (["before"] as const);
        const own = (reads ?? usual).map((input) => (input === "before" ? result(index - 1) : inputs[input]));
        return { type, attributes, inputs: [...own, ...further], outputs: [result(index)] };
      }),
    ],
  };
}

/** A constant, once for each image. */
function expanded(of: string, image: string, node: Node): Written & { of: string; name: string } {
  const name = `${node.name}/${of}`;
  const [count, ones, dims] = ["images", "ones", "dims"].map((part) => `${name}/${part}`);
  const rank = node.shape.length;
  return {
    of,
    name,
    nodes: [
      { type: "Shape", inputs: [image], outputs: [count], attributes: { start: 0, end: 1 } },
      { type: "Concat", inputs: [count, ones], outputs: [dims], attributes: { axis: 0 } },
      { type: "Expand", inputs: [of, dims], outputs: [name] },
    ],
    tensors: [{ name: ones, type: TYPES.int64, dims: [rank], int64s: Array(rank).fill(1) }],
  };
}

/** A vector stays one. */
function channelsFirst(shape: Shape): readonly number[] {
  if (shape.length !== 3) return [sizeOf(shape)];
  const [height, width, channels] = shape;
  return [channels, height, width];
}
