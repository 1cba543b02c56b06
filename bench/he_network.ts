import { factsOf } from "../src/kernels/operators/facts_of.js";
import { type NetworkSpec, type NodeSpec, type Operator, type Shape, sizeOf } from "../src/network/spec.js";
import { normal } from "./images.js";

/** Where a layer of weights reads, and the second moment that it multiplies that of its inputs by: He's 2 after a relu. */
interface LayerOptions {
  readonly from?: string;
  readonly gain?: number;
}

/** One convolution: square kernel, stride and padding on every side. */
interface ConvOptions extends LayerOptions {
  readonly kernel?: number;
  readonly stride?: number;
  readonly pad?: number;
}

/**
 * Writes a network layer by layer, each from the last one unless it says otherwise, with seeded He weights and zero
 * biases: shapes are what is measured, and under He weights about half of the units before a relu are live in every layer.
 */
export class HeNetwork {
  private readonly nodes: NodeSpec[] = [];
  private readonly shapes = new Map<string, Shape>();
  private readonly gauss: () => number;
  /** The layer that was written last. */
  last = "image";

  /** @param size height and width of the images */
  constructor(
    readonly name: string,
    seed: number,
    private readonly size: number,
  ) {
    this.gauss = normal(seed);
    this.shapes.set(this.last, [size, size, 3]);
  }

  conv(filters: number, options: ConvOptions = {}): string {
    return this.grouped(1, filters, options);
  }

  /** A filter for each channel. */
  depthwise(options: ConvOptions = {}): string {
    const [, , channels] = this.shapeOf(options.from ?? this.last);
    return this.grouped(channels, channels, options);
  }

  relu(): string {
    return this.push({ op: "Relu" });
  }

  /** A convolution and a relu. */
  convRelu(filters: number, options?: ConvOptions): string {
    this.conv(filters, options);
    return this.relu();
  }

  maxPool(kernel: number): string {
    return this.push({ op: "MaxPool", kernel: [kernel, kernel], strides: [2, 2], pads: [0, 0, 0, 0] });
  }

  add(a: string, b: string): string {
    return this.push({ op: "Add" }, a, b);
  }

  /** Along channels. */
  concat(a: string, b: string): string {
    return this.push({ op: "Concat", axis: 2 }, a, b);
  }

  globalAverage(): string {
    return this.push({ op: "GlobalAveragePool" });
  }

  flatten(): string {
    return this.push({ op: "Flatten" });
  }

  /** On the last axis. */
  dense(units: number, { from = this.last, gain = 2 }: LayerOptions = {}): string {
    const inputs = this.shapeOf(from).at(-1) as number;
    const weights = this.draw(inputs * units, gain / inputs);
    return this.push({ op: "Gemm", weights, bias: new Float32Array(units), units }, from);
  }

  /** Factors near 1 and offsets near 0. */
  layerNormalization(from = this.last): string {
    const depth = this.shapeOf(from).at(-1) as number;
    const scale = this.draw(depth, 0.01).map((x) => 1 + x);
    return this.push({ op: "LayerNormalization", epsilon: 1e-6, scale, bias: this.draw(depth, 0.01) }, from);
  }

  /** What does not depend on the image, of that second moment. */
  constant(shape: Shape, moment: number): string {
    const before = this.last;
    const name = this.push({ op: "Constant", shape, data: this.draw(sizeOf(shape), moment) });
    this.last = before;
    return name;
  }

  /** Any operator without weights to draw; it reads the last layer where no inputs are named. */
  push(operator: Operator, ...inputs: readonly string[]): string {
    const read = inputs.length === 0 && operator.op !== "Constant" ? [this.last] : inputs;
    const name = `${operator.op.toLowerCase()}${this.nodes.length}`;
    const node: NodeSpec = { ...operator, name, inputs: read };
    const shape = factsOf(node).shape(
      node,
      read.map((input) => this.shapeOf(input)),
    );
    this.nodes.push(node);
    this.shapes.set(name, shape);
    this.last = name;
    return name;
  }

  spec(): NetworkSpec {
    const shape: Shape = [this.size, this.size, 3];
    return { name: this.name, input: { name: "image", shape }, nodes: this.nodes, output: this.last };
  }

  /** Of a value that was written. */
  shapeOf(name: string): Shape {
    return this.shapes.get(name) as Shape;
  }

  private grouped(
    groups: number,
    filters: number,
    { from = this.last, kernel = 3, stride = 1, pad = 0, gain = 2 }: ConvOptions,
  ): string {
    const fanIn = (kernel * kernel * this.shapeOf(from)[2]) / groups;
    return this.push(
      {
        op: "Conv",
        weights: this.draw(fanIn * filters, gain / fanIn),
        bias: new Float32Array(filters),
        filters,
        kernel: [kernel, kernel],
        strides: [stride, stride],
        dilations: [1, 1],
        pads: [pad, pad, pad, pad],
        groups,
      },
      from,
    );
  }

  /** Normal numbers of that variance. */
  private draw(count: number, variance: number): Float32Array {
    const scale = Math.sqrt(variance);
    const values = new Float32Array(count);
    for (let i = 0; i < count; i++) values[i] = scale * this.gauss();
    return values;
  }
}
