import { buildNetwork } from "../../src/network/build.js";
import { inferShape } from "../../src/network/shapes.js";
import type { Network, NodeSpec, Operator, Pair, Shape } from "../../src/network/spec.js";

/** Uniform floats in [0, 1) from a 32-bit seed (mulberry32). */
export function randomFloats(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

/**
 * A random small classifier made of everything that `simplify` rewrites and of things beside it that it must
 * leave alone. All its non-linearities f are piecewise linear with |f(x)| <= |x| and slopes of at most 1.
 */
export function randomNetwork(seed: number): Network {
  const random = randomFloats(seed);
  const below = (n: number) => Math.floor(random() * n);
  const pick = <T>(choices: readonly T[]): T => choices[below(choices.length)];
  const floats = (length: number) => Float32Array.from({ length }, () => 2 * random() - 1);
  const pair = (n: number): Pair => [1 + below(n), 1 + below(n)];
  const pads = (n: number) => [below(n), below(n), below(n), below(n)] as const;

  const input = { name: "image", shape: [5 + below(3), 5 + below(3), 1 + below(3)] as Shape };
  const shapes = new Map<string, Shape>([[input.name, input.shape]]);
  const nodes: NodeSpec[] = [];
  const append = (operator: Operator, ...inputs: string[]): string => {
    const node: NodeSpec = { ...operator, name: `${operator.op}_${nodes.length}`, inputs };
    shapes.set(
      node.name,
      inferShape(
        node,
        inputs.map((name) => shapes.get(name)!),
      ),
    );
    nodes.push(node);
    return node.name;
  };
  const constant = (shape: Shape): string =>
    append({ op: "Constant", shape, data: floats(shape.reduce((a, b) => a * b, 1)) });
  const shapeOf = (x: string) => shapes.get(x)!;
  const channelsOf = (x: string) => shapeOf(x)[shapeOf(x).length - 1];

  const conv = (x: string, filters: number, spatial: boolean): string => {
    const groups = spatial ? pick([1, 1, channelsOf(x)]) : 1;
    const kernel = spatial ? pair(3) : ([1, 1] as const);
    const total = filters * groups;
    return append(
      {
        op: "Conv",
        weights: floats((kernel[0] * kernel[1] * channelsOf(x) * total) / groups),
        bias: pick([undefined, floats(total)]),
        ...{ filters: total, kernel, groups },
        strides: spatial ? pair(2) : [1, 1],
        dilations: [1, 1],
        pads: spatial ? [1, 1, 1, 1] : [0, 0, 0, 0],
      },
      x,
    );
  };
  const batchNormalization = (x: string): string => {
    const [scale, bias, mean] = [floats(channelsOf(x)), floats(channelsOf(x)), floats(channelsOf(x))];
    const variance = floats(channelsOf(x)).map((v) => v * v);
    return append({ op: "BatchNormalization", scale, bias, mean, variance, epsilon: 0.1 }, x);
  };
  /** A constant made by other nodes, one value per channel or one for all. */
  const channelConstant = (x: string): string => {
    const rank = shapeOf(x).length;
    const flat = constant([pick([1, channelsOf(x)])]);
    const made = pick([flat, append({ op: "Mul" }, flat, constant([1])), append({ op: "Relu" }, flat)]);
    const length = shapeOf(made)[0];
    return pick([made, append({ op: "Reshape", shape: [...Array<number>(rank - 1).fill(1), length] }, made)]);
  };
  const arithmetic = (x: string): string => {
    const k = channelConstant(x);
    return pick([
      () => append({ op: "Add" }, x, k),
      () => append({ op: "Add" }, constant([1]), x, k),
      () => append({ op: "Mul" }, k, x),
      () => append({ op: "Sub" }, x, k),
      () => append({ op: "Sub" }, k, x),
      () => append({ op: "Add" }, x, constant(shapeOf(x))),
    ])();
  };
  const activation = (x: string): string =>
    append(
      pick<Operator>([
        { op: "Relu" },
        { op: "LeakyRelu", alpha: 0.25 },
        { op: "Clip", min: 0, max: 6 },
        { op: "PRelu", slope: floats(channelsOf(x)) },
      ]),
      x,
    );
  const noOp = (x: string): string => {
    const [h, w, c] = shapeOf(x);
    return pick([
      () => append({ op: "Identity" }, x),
      () => append({ op: "Slice", starts: [0, 0, 0], ends: [h, w, c] }, x),
      () => append({ op: "Concat", axis: 1 }, x),
      () => append({ op: "Pad", pads: [0, 0, 0, 0] }, x),
      () => append({ op: "Transpose", perm: [0, 1, 2] }, x),
      () => append({ op: "Resize", mode: "linear", coordinates: "half_pixel", size: [h, w] }, x),
      () => append({ op: "Reshape", shape: [h, w, c] }, append({ op: "Flatten" }, x)),
      () => append({ op: "MaxPool", kernel: [1, 1], strides: [1, 1], pads: [0, 0, 0, 0] }, x),
    ])();
  };
  const pool = (x: string): string =>
    append(
      { op: pick(["MaxPool", "AveragePool"]), kernel: [2, 2], strides: [1, 1], pads: [1, 0, 0, 1] },
      pick([() => x, () => append({ op: "Pad", pads: pads(2) }, x)])(),
    );
  const branches = (x: string): string => {
    const sides = [conv(x, channelsOf(x), false), pick([x, batchNormalization(x), activation(x)])];
    return append(pick<Operator>([{ op: "Add" }, { op: "Mul" }, { op: "Concat", axis: 2 }]), ...sides);
  };

  let x = input.name;
  for (let depth = 3 + below(6); depth > 0; depth--)
    x = pick([
      () => append({ op: "Pad", pads: pads(3) }, x),
      () => append({ op: "Pad", pads: pads(3) }, x),
      () => conv(x, 1 + below(2), true),
      () => batchNormalization(conv(x, 1 + below(2), true)),
      () => batchNormalization(noOp(conv(x, 2, true))),
      () => activation(arithmetic(batchNormalization(conv(x, 2, true)))),
      () => batchNormalization(x),
      () => arithmetic(x),
      () => activation(x),
      () => noOp(x),
      () => pool(x),
      () => branches(x),
    ])();
  x = append(pick<Operator>([{ op: "Flatten" }, { op: "GlobalAveragePool" }]), x);
  x = append(
    { op: "Gemm", weights: floats(channelsOf(x) * 3), units: 3, bias: pick([undefined, floats(3)]) },
    x,
  );
  for (const tail of [batchNormalization, arithmetic, (y: string) => append({ op: "Identity" }, y)])
    if (random() < 0.5) x = tail(x);
  return buildNetwork({ input, nodes, output: x });
}
