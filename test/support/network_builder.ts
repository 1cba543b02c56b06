import type { AnyOperator } from "../../src/kernels/node.js";
import type { CaseNetwork, ConvOptions, Padding, WindowOptions } from "../../src/kernels/testing.js";
import { samePads2d } from "../../src/network/same_padding.js";
import { inferShape } from "../../src/network/shapes.js";
import type { Conv, NetworkSpec, NodeSpec, Pads, Pair, Shape } from "../../src/network/spec.js";
import { type RandomValues, randomValues } from "./random_values.js";

/** Grows a `NetworkSpec` node by node with random weights; methods take the names of values and return a name. */
export class NetworkBuilder implements CaseNetwork {
  readonly random: RandomValues;
  readonly input = "image";
  private readonly nodes: NodeSpec[] = [];
  private readonly shapes = new Map<string, Shape>();

  /**
   * @param grid weights are multiples of `grid` (a power of two), so that with pixels on a grid too a short
   *   network is exact in float32 and ties and zeros occur; 0: any float32
   */
  constructor(
    private readonly shape: Shape,
    seed: number,
    private readonly grid = 0,
  ) {
    this.random = randomValues(seed);
    this.shapes.set(this.input, shape);
  }

  shapeOf(value: string): Shape {
    return this.shapes.get(value)!;
  }

  /** Uniform in [-range, range], on the grid. */
  weights(count: number, range: number): Float32Array {
    const draw = () => this.random.uniform(-range, range);
    const { grid } = this;
    return Float32Array.from({ length: count }, () => (grid ? Math.round(draw() / grid) * grid : draw()));
  }

  /** More often positive than not, so that a relu behind few units is seldom dead altogether. */
  private biases(count: number): Float32Array {
    return this.weights(count, 0.5).map((value) => value + 0.375);
  }

  add<O extends AnyOperator>(operator: O, ...inputs: string[]): string {
    const name = `${operator.op.toLowerCase()}${this.nodes.length}`;
    const node = { ...operator, name, inputs } as unknown as NodeSpec;
    this.shapes.set(
      node.name,
      inferShape(
        node,
        inputs.map((name) => this.shapeOf(name)),
      ),
    );
    this.nodes.push(node);
    return node.name;
  }

  conv(from: string, { filters, groups = 1, bias = true, ...options }: ConvOptions): string {
    const shape = this.shapeOf(from);
    const window = windowOf(shape, { kernel: 3, pads: "same", ...options });
    const fanIn = (window.kernel[0] * window.kernel[1] * shape[2]) / groups;
    const operator: Conv = {
      op: "Conv",
      ...window,
      filters,
      groups,
      weights: this.weights(fanIn * filters, weightRange(fanIn)),
      ...(bias && { bias: this.biases(filters) }),
    };
    return this.add(operator, from);
  }

  gemm(from: string, units: number, bias = true): string {
    const inputs = this.shapeOf(from).at(-1)!;
    return this.add(
      {
        op: "Gemm",
        units,
        weights: this.weights(inputs * units, weightRange(inputs)),
        ...(bias && { bias: this.biases(units) }),
      },
      from,
    );
  }

  batchNormalization(from: string): string {
    const channels = this.shapeOf(from).at(-1)!;
    return this.add(
      {
        op: "BatchNormalization",
        scale: this.weights(channels, 0.75).map((value) => value + 1),
        bias: this.weights(channels, 0.5),
        mean: this.weights(channels, 0.5),
        variance: this.weights(channels, 0.5).map((value) => value + 1),
        epsilon: 1e-3,
      },
      from,
    );
  }

  pool(from: string, op: "MaxPool" | "AveragePool", options: WindowOptions): string {
    const { kernel, strides, pads, dilations } = windowOf(this.shapeOf(from), { kernel: 2, ...options });
    return this.add({ op, kernel, strides, pads, ...(options.dilations && { dilations }) }, from);
  }

  relu(from: string): string {
    return this.add({ op: "Relu" }, from);
  }

  constant(shape: Shape, range = 1): string {
    const size = shape.reduce((product, n) => product * n, 1);
    return this.add({ op: "Constant", shape, data: this.weights(size, range) });
  }

  flatten(from: string): string {
    return this.add({ op: "Flatten" }, from);
  }

  /** The spec whose scores are `output`, or a dense layer with `classes` units on it. */
  build(output: string, classes?: number): NetworkSpec {
    let scores = output;
    if (classes !== undefined) {
      const flat = this.shapeOf(output).length === 1 ? output : this.flatten(output);
      scores = this.gemm(flat, classes);
    }
    return { input: { name: this.input, shape: this.shape }, nodes: [...this.nodes], output: scores };
  }
}

/** Keeps the variance of the values about the same from layer to layer. */
function weightRange(fanIn: number): number {
  return Math.max(0.125, Math.sqrt(6 / fanIn));
}

function windowOf(shape: Shape, { kernel = 1, strides = 1, dilations = 1, pads = "valid" }: WindowOptions) {
  const window = { kernel: pair(kernel), strides: pair(strides), dilations: pair(dilations) };
  return { ...window, pads: explicitPads(shape, window, pads) };
}

function explicitPads(
  [height, width]: Shape,
  { kernel, strides, dilations }: { kernel: Pair; strides: Pair; dilations: Pair },
  pads: Padding,
): Pads {
  if (pads === "valid") return [0, 0, 0, 0];
  return pads === "same" ? samePads2d([height, width], kernel, strides, dilations) : pads;
}

function pair(value: number | Pair): Pair {
  return typeof value === "number" ? [value, value] : value;
}
