import type { Activation } from "../dataflow/activation.js";
import { quoted, rejectModel, valueText } from "../failure.js";
import type { GraphBuilder } from "../graph_builder.js";
import { requireOneInput, resolveInputShape } from "../input_shape.js";
import type { GraphProto, NodeProto, ValueProto } from "./proto.js";
import { kindOfType, nameOfType } from "./tensors.js";

/** The image as the graph reads it, and how many images the file says there are. */
export interface GraphInput {
  readonly name: string;
  readonly activation: Activation;
  /** Undefined where the file leaves it open. */
  readonly fixedBatch: number | undefined;
}

/**
 * The input that holds the image: the only one that is no weight.
 *
 * @param needed names that the output depends on
 * @throws ModelError for none or several, or a shape that is not that of a batch of images
 */
export function graphInput(
  graph: GraphProto,
  nodes: readonly NodeProto[],
  needed: ReadonlySet<string>,
  builder: GraphBuilder,
  inputShape: readonly number[] | undefined,
): GraphInput {
  const { where } = builder;
  const weights = new Set(graph.initializers.map(({ name }) => name));
  const found = graph.inputs.filter(({ name }) => !weights.has(name) && needed.has(name));
  requireOneInput(
    where,
    found.map(({ name }) => name),
  );
  const [input] = found;
  if (input.type === undefined || !kindOfType(input.type))
    return rejectModel(
      where,
      `input ${quoted(input.name)} is ${input.type === undefined ? "no tensor" : nameOfType(input.type)}, expected numbers`,
    );
  const { dims = [] } = input;
  const rank = dims.length;
  if (rank < 2 || rank > 4)
    return rejectModel(
      where,
      `input ${quoted(input.name)} has shape ${valueText(dims)}, expected [batch, ...] of one vector or image`,
    );
  const order = imageOrder(input, nodes, rank);
  const declared = order.map((axis) => dims[axis]);
  const shape = resolveInputShape(where, input.name, declared, inputShape);
  const value = builder.input(input.name, shape);
  const lengths = [1, ...dims.slice(1).map((_, i) => shape[order.indexOf(i + 1)])];
  const [batch] = dims;
  const fixedBatch =
    typeof batch === "number" && Number.isSafeInteger(batch) && batch > 0 ? batch : undefined;
  return {
    name: input.name,
    activation: { kind: "activation", dims: lengths, batch: fixedBatch === 1 ? -1 : 0, value, order },
    fixedBatch,
  };
}

/** Axes of the tensor in the order that images have here, channels last. */
function imageOrder(input: ValueProto, nodes: readonly NodeProto[], rank: number): number[] {
  const plain = Array.from({ length: rank - 1 }, (_, axis) => axis + 1);
  return rank === 4 && !isChannelsLast(input, nodes) ? [2, 3, 1] : plain;
}

/** Operators after which the axes of an image are what they were. */
const KEEPS_AXES = new Set(
  [
    ["Add", "Sub", "Mul", "Div", "Sum", "Max", "Min", "Pow", "Neg", "Abs", "Sqrt", "Exp", "Clip", "Cast"],
    [
      "Relu",
      "LeakyRelu",
      "Sigmoid",
      "Tanh",
      "Elu",
      "Selu",
      "HardSwish",
      "HardSigmoid",
      "Identity",
      "Dropout",
    ],
    ["Pad", "Slice", "Split", "Concat"],
  ].flat(),
);

/** Operators that ONNX has for images with their channels first alone. */
const CHANNELS_FIRST =
  /Conv|Pool|^(BatchNormalization|InstanceNormalization|GroupNormalization|LRN|DepthToSpace|SpaceToDepth|Upsample)$/;

/**
 * Whether a tensor of four axes has its channels last: TensorFlow's exporters transpose it before the first convolution.
 * ONNX itself knows channels first only; where no operator says so, the lengths do.
 */
function isChannelsLast({ name, dims = [] }: ValueProto, nodes: readonly NodeProto[]): boolean {
  const reached = new Set([name]);
  for (const { type, inputs, outputs, attributes } of nodes) {
    if (!inputs.some((one) => reached.has(one))) continue;
    if (type === "Transpose") {
      const perm = attributes.find((attribute) => attribute.name === "perm")?.ints.join();
      if (perm === "0,3,1,2") return true;
      if (perm === "0,2,3,1") return false;
    }
    if (CHANNELS_FIRST.test(type)) return false;
    if (KEEPS_AXES.has(type)) for (const output of outputs) reached.add(output);
  }
  const [, first, second, last] = dims;
  const isLong = (n: number | string) => typeof n !== "number" || n > 4;
  return typeof last === "number" && last <= 4 && isLong(first) && isLong(second);
}
