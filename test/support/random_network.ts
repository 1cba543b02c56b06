import { prelu } from "../../src/kernels/operators/p_relu/cases.js";
import type { Padding } from "../../src/kernels/testing.js";
import type { NetworkSpec, Operator, Resize } from "../../src/network/spec.js";
import { ACTIVATIONS } from "./activations.js";
import { NetworkBuilder } from "./network_builder.js";
import { randomValues } from "./random_values.js";

export { operatorCases } from "./operator_cases.js";

/**
 * A small valid network drawn from `seed`: 2 to 6 random blocks on an odd-sized image, then a classifier.
 * Over a few hundred seeds every operator, branches, values read several times and every activation occur.
 * Values stay of the order of 1. The operators occur in combinations that nobody would train.
 */
export function randomNetwork(seed: number): NetworkSpec {
  const random = randomValues(seed);
  const net = new NetworkBuilder(
    [random.integer(3, 11), random.integer(3, 11), random.pick([1, 2, 3, 3, 5])],
    seed + 1,
  );
  let value = net.input;
  for (let block = random.integer(2, 6); block > 0; block--) value = random.pick(BLOCKS)(net, value);
  return classifier(net, value);
}

/** `count` images in [0, 1) for a network, `[count][...shape]`, multiples of 1/64 (exact in float32). */
export function randomImages(spec: NetworkSpec, count: number, seed: number): Float32Array {
  const random = randomValues(seed);
  const size = spec.input.shape.reduce((product, n) => product * n, 1);
  return Float32Array.from({ length: count * size }, () => random.integer(0, 63) / 64);
}

type Block = (net: NetworkBuilder, value: string) => string;

const BLOCKS: readonly Block[] = [
  convolution,
  convolution,
  convolution,
  depthwise,
  depthwise,
  normalization,
  activation,
  maxPool,
  averagePool,
  residual,
  residual,
  fire,
  gate,
  constantArithmetic,
  selfArithmetic,
  pad,
  crop,
  resize,
  permute,
  identity,
];

function activation(net: NetworkBuilder, value: string): string {
  const shape = net.shapeOf(value);
  const choices = [...ACTIVATIONS.filter(fits), prelu(shape, "channel"), prelu(shape, "unit")];
  // Relu is what networks use most and what engines treat specially.
  return net.random.chance(0.5) ? net.relu(value) : net.add(net.random.pick(choices), value);
}

/** One slope fits every shape. */
function fits(operator: Operator): boolean {
  return operator.op !== "PRelu" || operator.slope.length === 1;
}

function convolution(net: NetworkBuilder, value: string): string {
  const { random } = net;
  const channels = net.shapeOf(value)[2];
  const groups = channels % 2 === 0 && random.chance(0.3) ? 2 : 1;
  const filters = groups * random.integer(1, 6);
  const made = random.chance(0.25)
    ? net.conv(value, { filters, groups, kernel: 1, bias: random.chance(0.5) })
    : net.conv(value, {
        filters,
        groups,
        kernel: [random.integer(1, 3), random.integer(1, 3)],
        strides: random.pick([1, 1, 2, 3]),
        dilations: random.pick([1, 1, 2]),
        pads: padding(net, 4),
      });
  return random.chance(0.8) ? activation(net, made) : made;
}

function depthwise(net: NetworkBuilder, value: string): string {
  const { random } = net;
  const channels = net.shapeOf(value)[2];
  const multiplier = channels <= 4 && random.chance(0.4) ? 2 : 1;
  const made = net.conv(value, {
    filters: channels * multiplier,
    groups: channels,
    strides: random.pick([1, 1, 2]),
    pads: padding(net, 2),
  });
  return random.chance(0.8) ? activation(net, made) : made;
}

function normalization(net: NetworkBuilder, value: string): string {
  const { random } = net;
  if (random.chance(0.4)) return net.relu(net.batchNormalization(value));
  return net.conv(activation(net, net.batchNormalization(value)), { filters: random.integer(1, 7) });
}

function maxPool(net: NetworkBuilder, value: string): string {
  return net.pool(value, "MaxPool", poolWindow(net, value));
}

function averagePool(net: NetworkBuilder, value: string): string {
  return net.pool(value, "AveragePool", poolWindow(net, value));
}

function poolWindow(net: NetworkBuilder, value: string) {
  const [height, width] = net.shapeOf(value);
  const { random } = net;
  const kernel = [random.integer(1, Math.min(3, height)), random.integer(1, Math.min(3, width))] as const;
  return { kernel, strides: random.integer(1, 2), pads: random.pick(["same", "valid"] as const) };
}

/** Two convolutions beside an identity; the sum is read by the activation and sometimes kept. */
function residual(net: NetworkBuilder, value: string): string {
  const filters = net.shapeOf(value)[2];
  const inner = activation(net, net.conv(value, { filters }));
  const sum = net.add({ op: "Add" }, net.conv(inner, { filters }), value);
  const next = activation(net, sum);
  return net.random.chance(0.3) ? net.add({ op: "Add" }, sum, next, value) : next;
}

function fire(net: NetworkBuilder, value: string): string {
  const { random } = net;
  const squeezed = net.relu(net.conv(value, { filters: random.integer(1, 5), kernel: 1 }));
  const narrow = activation(net, net.conv(squeezed, { filters: random.integer(1, 4), kernel: 1 }));
  const wide = activation(net, net.conv(squeezed, { filters: random.integer(1, 4) }));
  const parts = random.chance(0.3) ? [narrow, wide, value] : [narrow, wide];
  return net.add({ op: "Concat", axis: 2 }, ...parts);
}

/** Squeeze and excitation. */
function gate(net: NetworkBuilder, value: string): string {
  const { random } = net;
  const channels = net.shapeOf(value)[2];
  const pooled = net.add({ op: random.pick(["GlobalAveragePool", "GlobalMaxPool"] as const) }, value);
  const squeezed = activation(net, net.gemm(pooled, random.integer(1, 4)));
  const scores = net.add({ op: "Sigmoid" }, net.gemm(squeezed, channels));
  const factor = random.chance(0.5) ? net.add({ op: "Reshape", shape: [1, 1, channels] }, scores) : scores;
  return net.add({ op: "Mul" }, value, factor);
}

function constantArithmetic(net: NetworkBuilder, value: string): string {
  const { random } = net;
  const [height, width, channels] = net.shapeOf(value);
  const shape = random.pick([
    [channels],
    [1, 1, channels],
    [height, 1, 1],
    [width, 1],
    [1],
    [height, width, channels],
  ]);
  const op = random.pick(["Add", "Sub", "Mul"] as const);
  const operands = [value, net.constant(shape, 1.5)];
  return net.add({ op }, ...(random.chance(0.5) ? operands : operands.reverse()));
}

function selfArithmetic(net: NetworkBuilder, value: string): string {
  const other = activation(net, value);
  return net.random.chance(0.5)
    ? net.add({ op: "Sub" }, other, value)
    : net.add({ op: "Mul" }, net.add({ op: "Tanh" }, value), other);
}

function pad(net: NetworkBuilder, value: string): string {
  const side = () => net.random.integer(0, 2);
  return net.add({ op: "Pad", pads: [side(), side(), side(), side()] }, value);
}

function crop(net: NetworkBuilder, value: string): string {
  const shape = net.shapeOf(value);
  const starts = shape.map((n) => net.random.integer(0, Math.min(1, n - 1)));
  const ends = shape.map((n, axis) => net.random.integer(Math.max(starts[axis] + 1, n - 1), n));
  return net.add({ op: "Slice", starts, ends }, value);
}

function resize(net: NetworkBuilder, value: string): string {
  const { random } = net;
  const [height, width] = net.shapeOf(value);
  const operator: Resize = {
    op: "Resize",
    mode: random.pick(["nearest", "linear"]),
    coordinates: random.pick(["asymmetric", "half_pixel", "align_corners"]),
    size: random.chance(0.4)
      ? [Math.min(2 * height, 12), Math.min(2 * width, 12)]
      : [random.integer(1, 9), random.integer(1, 9)],
  };
  return net.add(operator, value);
}

function permute(net: NetworkBuilder, value: string): string {
  const perm = net.random.pick([
    [1, 0, 2],
    [2, 0, 1],
    [0, 2, 1],
  ]);
  const permuted = net.add({ op: "Transpose", perm }, value);
  const [height, width, channels] = net.shapeOf(permuted);
  return net.random.chance(0.3)
    ? net.add({ op: "Reshape", shape: [width, height, channels] }, permuted)
    : permuted;
}

function identity(net: NetworkBuilder, value: string): string {
  return net.add({ op: "Identity" }, value);
}

function classifier(net: NetworkBuilder, value: string): NetworkSpec {
  const { random } = net;
  const classes = random.integer(2, 11);
  const head = random.pick([
    () => net.flatten(value),
    () => net.relu(net.gemm(net.flatten(value), random.integer(1, 13))),
    () => net.add({ op: "GlobalAveragePool" }, value),
    () => net.add({ op: "GlobalMaxPool" }, net.conv(value, { filters: random.integer(3, 9) })),
  ]);
  if (random.chance(0.15))
    return net.build(net.add({ op: "GlobalAveragePool" }, net.conv(value, { filters: classes })));
  const scores = net.gemm(head(), classes);
  return net.build(random.chance(0.2) ? net.add({ op: "Softmax" }, scores) : scores);
}

/** SAME, VALID (where a window of `reach` + 1 pixels may not fit, a pad that makes it fit) or lopsided pads. */
function padding(net: NetworkBuilder, reach: number): Padding {
  const { random } = net;
  if (random.chance(0.6)) return "same";
  const side = () => random.integer(0, reach);
  return random.chance(0.5) ? [reach, reach, 0, 0] : [reach, side(), side(), reach];
}
