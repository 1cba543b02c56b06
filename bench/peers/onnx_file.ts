import { simplify } from "../../src/network/simplify.js";
import { type Network, type Node, type Shape, sizeOf } from "../../src/network/spec.js";
import {
  type Attribute,
  type NodeFile,
  type TensorFile,
  TYPES,
  writeModel,
} from "../../test/network/onnx/writer.js";

/** What a node becomes: its operator, attributes and further inputs. */
interface Spelling {
  readonly type: string;
  readonly attributes?: Readonly<Record<string, Attribute>>;
  readonly weights?: readonly TensorFile[];
}

/**
 * A network as an ONNX file, channels first, for any number of images: what ONNX Runtime is given where nobody exported the
 * model. Knows the operators of the benchmark's networks.
 *
 * @throws Error for a network with another operator
 */
export function onnxFile(network: Network): Uint8Array {
  const { input, nodes, output } = simplify(network);
  const spelled = nodes.map((node) => ({ node, spelling: spell(node) }));
  return writeModel({
    opsets: { "": 17 },
    inputs: [{ name: input.name, dims: ["images", ...channelsFirst(input.shape)] }],
    outputs: [{ name: output }],
    initializers: spelled.flatMap(({ spelling }) => spelling.weights ?? []),
    nodes: spelled.flatMap(({ node, spelling }): NodeFile[] => {
      const own = {
        type: spelling.type,
        inputs: [...node.inputs, ...(spelling.weights ?? []).map((w) => w.name as string)],
        attributes: spelling.attributes,
      };
      if (node.op !== "GlobalAveragePool") return [{ ...own, outputs: [node.name] }];
      // ONNX keeps the axes that it averages.
      const flat = { type: "Flatten", inputs: [`${node.name}/mean`], outputs: [node.name] };
      return [{ ...own, outputs: [`${node.name}/mean`] }, flat];
    }),
  });
}

function spell(node: Node): Spelling {
  switch (node.op) {
    case "Conv": {
      const { kernel, filters, groups, strides, dilations, pads } = node;
      const channels = node.inputShapes[0][2] / groups;
      return {
        type: "Conv",
        attributes: { kernel_shape: kernel, strides, dilations, pads, group: groups },
        weights: layer(node, [filters, channels, ...kernel], (taps) => transposed(taps, filters, channels)),
      };
    }
    case "Gemm":
      if (node.shape.length !== 1) break;
      return { type: "Gemm", weights: layer(node, [node.inputShapes[0][0], node.units], (w) => w) };
    case "Relu":
    case "GlobalAveragePool":
      return { type: node.op };
    case "Add":
      if (new Set(node.inputShapes.map(String)).size > 1) break;
      return { type: "Add" };
    case "Clip":
      return {
        type: "Clip",
        weights: [scalar(`${node.name}/min`, node.min), scalar(`${node.name}/max`, node.max)],
      };
    case "MaxPool": {
      const { kernel, strides, pads, dilations = [1, 1] } = node;
      return { type: "MaxPool", attributes: { kernel_shape: kernel, strides, pads, dilations } };
    }
    case "Concat":
      if (node.axis !== 2) break;
      return { type: "Concat", attributes: { axis: 1 } };
  }
  throw new Error(`${node.name} (${node.op}) has no spelling in the ONNX file of the benchmark`);
}

/** Weights, spelled as ONNX wants them, and bias. */
function layer(
  {
    name,
    weights,
    bias,
  }: { readonly name: string; readonly weights: Float32Array; readonly bias?: Float32Array },
  dims: readonly number[],
  spelled: (weights: Float32Array) => Float32Array,
): TensorFile[] {
  return [
    floats(`${name}/weights`, dims, spelled(weights)),
    ...(bias ? [floats(`${name}/bias`, [bias.length], bias)] : []),
  ];
}

/** HWIO to OIHW. */
function transposed(weights: Float32Array, filters: number, channels: number): Float32Array {
  const taps = weights.length / (filters * channels);
  return weights.map((_, i) => {
    const tap = i % taps;
    const channel = Math.floor(i / taps) % channels;
    const filter = Math.floor(i / (taps * channels));
    return weights[(tap * channels + channel) * filters + filter];
  });
}

function scalar(name: string, value: number): TensorFile {
  return { name, type: TYPES.float, dims: [], floats: [value] };
}

function floats(name: string, dims: readonly number[], values: Float32Array): TensorFile {
  return {
    name,
    type: TYPES.float,
    dims,
    raw: new Uint8Array(values.buffer, values.byteOffset, values.byteLength),
  };
}

/** A vector stays one. */
function channelsFirst(shape: Shape): readonly number[] {
  if (shape.length !== 3) return [sizeOf(shape)];
  const [height, width, channels] = shape;
  return [channels, height, width];
}
