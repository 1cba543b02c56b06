import type { Node } from "../../src/network/spec.js";
import { type Attribute, type TensorFile, TYPES } from "../../test/network/onnx/writer.js";

/** A node of an ONNX file, but for the names of its values. */
interface SpelledNode {
  readonly type: string;
  readonly attributes?: Readonly<Record<string, Attribute>>;
  /**
   * Inputs of the operator by their place, and the result of the node before it. Default: of the first node all inputs, of
   * others what is before them.
   */
  readonly reads?: readonly (number | "before")[];
  /** Inputs behind those. */
  readonly further?: readonly string[];
}

/** What an operator becomes: nodes, one after the other, and their tensors. */
export interface Spelling {
  readonly nodes: readonly SpelledNode[];
  readonly tensors: readonly TensorFile[];
}

/**
 * @param channelsFirst whether what it reads, and what it makes of it, is an image with its channels first
 * @throws Error for an operator that no network of the benchmark has
 */
export function spelling(node: Node, channelsFirst: boolean): Spelling {
  switch (node.op) {
    case "Conv": {
      const { kernel, filters, groups, strides, dilations, pads } = node;
      const channels = node.inputShapes[0][2] / groups;
      return one("Conv", { kernel_shape: kernel, strides, dilations, pads, group: groups }, [
        floats(
          `${node.name}/weights`,
          [filters, channels, ...kernel],
          transposed(node.weights, filters, channels),
        ),
        ...bias(node),
      ]);
    }
    case "Gemm": {
      const inputs = node.inputShapes[0].at(-1) as number;
      const weights = floats(`${node.name}/weights`, [inputs, node.units], node.weights);
      if (node.shape.length === 1) return one("Gemm", {}, [weights, ...bias(node)]);
      const product = { type: "MatMul", further: [weights.name as string] };
      const offset = bias(node);
      if (offset.length === 0) return { nodes: [product], tensors: [weights] };
      return {
        nodes: [product, { type: "Add", further: [offset[0].name as string] }],
        tensors: [weights, ...offset],
      };
    }
    case "Relu":
    case "Sigmoid":
    case "Add":
    case "Mul":
      return one(node.op);
    case "Gelu":
      return one("Gelu", { approximate: node.approximate });
    case "Swish":
      return { nodes: [{ type: "Sigmoid" }, { type: "Mul", reads: [0, "before"] }], tensors: [] };
    case "Softmax":
      return one("Softmax", { axis: -1 });
    case "LayerNormalization": {
      const depth = node.shape[node.shape.length - 1];
      return one("LayerNormalization", { axis: -1, epsilon: { float: node.epsilon } }, [
        floats(`${node.name}/scale`, [depth], node.scale ?? new Float32Array(depth).fill(1)),
        floats(`${node.name}/bias`, [depth], node.bias ?? new Float32Array(depth)),
      ]);
    }
    case "Clip":
      return one("Clip", {}, [scalar(`${node.name}/min`, node.min), scalar(`${node.name}/max`, node.max)]);
    case "MaxPool": {
      const { kernel, strides, pads, dilations = [1, 1] } = node;
      return one("MaxPool", { kernel_shape: kernel, strides, pads, dilations });
    }
    case "GlobalAveragePool":
      // ONNX keeps the axes that it averages.
      return { nodes: [{ type: "GlobalAveragePool" }, { type: "Flatten" }], tensors: [] };
    case "Concat":
      return one("Concat", { axis: channelsFirst ? [2, 3, 1][node.axis] : node.axis + 1 });
    case "Transpose":
      return one("Transpose", { perm: [0, ...node.perm.map((axis) => axis + 1)] });
    case "Reshape":
      // 0: as many images as before.
      return one("Reshape", {}, [integers(`${node.name}/shape`, [0, ...node.shape])]);
    case "Flatten":
      return one("Flatten");
    case "Slice": {
      const axes = node.starts.map((_, axis) => axis + 1);
      if (node.steps?.some((step) => step < 1)) break;
      return one("Slice", {}, [
        integers(`${node.name}/starts`, node.starts),
        integers(`${node.name}/ends`, node.ends),
        integers(`${node.name}/axes`, axes),
        integers(`${node.name}/steps`, node.steps ?? axes.map(() => 1)),
      ]);
    }
    case "MatMul": {
      if (!node.transposeB) return one("MatMul");
      const rank = node.inputShapes[1].length;
      const perm = Array.from({ length: rank - 1 }, (_, axis) => axis);
      return {
        nodes: [
          { type: "Transpose", reads: [1], attributes: { perm: [...perm, rank, rank - 1] } },
          { type: "MatMul", reads: [0, "before"] },
        ],
        tensors: [],
      };
    }
  }
  throw new Error(`${node.name} (${node.op}) has no spelling in the ONNX file of the benchmark`);
}

/** One node, whose further inputs are its tensors. */
function one(
  type: string,
  attributes: Readonly<Record<string, Attribute>> = {},
  tensors: readonly TensorFile[] = [],
): Spelling {
  return { nodes: [{ type, attributes, further: tensors.map(({ name }) => name as string) }], tensors };
}

function bias(node: { readonly name: string; readonly bias?: Float32Array }): readonly TensorFile[] {
  return node.bias ? [floats(`${node.name}/bias`, [node.bias.length], node.bias)] : [];
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

function integers(name: string, values: readonly number[]): TensorFile {
  return { name, type: TYPES.int64, dims: [values.length], int64s: values };
}

export function floats(name: string, dims: readonly number[], values: Float32Array): TensorFile {
  return {
    name,
    type: TYPES.float,
    dims,
    raw: new Uint8Array(values.buffer, values.byteOffset, values.byteLength),
  };
}
