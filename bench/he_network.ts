import type { NetworkSpec, NodeSpec, Operator, Shape } from "../src/network/spec.js";
import { normal } from "./images.js";

/** One convolution: square kernel, stride and padding on every side. */
interface ConvOptions {
  readonly from?: string;
  readonly kernel?: number;
  readonly stride?: number;
  readonly pad?: number;
}

/**
 * Writes a network layer by layer, each from the last one unless it says otherwise, with seeded He weights and zero
 * biases: shapes are what is measured, and under He weights about half of the units are live in every layer.
 */
export class HeNetwork {
  private readonly nodes: NodeSpec[] = [];
  private readonly shapes = new Map<string, readonly [size: number, channels: number]>();
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
    this.shapes.set(this.last, [size, 3]);
  }

  conv(filters: number, { from = this.last, kernel = 3, stride = 1, pad = 0 }: ConvOptions = {}): string {
    const [size, channels] = this.shapeOf(from);
    const fanIn = kernel * kernel * channels;
    return this.push(
      {
        op: "Conv",
        weights: this.he(fanIn * filters, fanIn),
        bias: new Float32Array(filters),
        filters,
        kernel: [kernel, kernel],
        strides: [stride, stride],
        dilations: [1, 1],
        pads: [pad, pad, pad, pad],
        groups: 1,
      },
      [from],
      [Math.floor((size + 2 * pad - kernel) / stride) + 1, filters],
    );
  }

  relu(): string {
    return this.push({ op: "Relu" }, [this.last], this.shapeOf(this.last));
  }

  /** A convolution and a relu. */
  convRelu(filters: number, options?: ConvOptions): string {
    this.conv(filters, options);
    return this.relu();
  }

  maxPool(kernel: number): string {
    const [size, channels] = this.shapeOf(this.last);
    return this.push(
      { op: "MaxPool", kernel: [kernel, kernel], strides: [2, 2], pads: [0, 0, 0, 0] },
      [this.last],
      [Math.floor((size - kernel) / 2) + 1, channels],
    );
  }

  add(a: string, b: string): string {
    return this.push({ op: "Add" }, [a, b], this.shapeOf(a));
  }

  /** Along channels. */
  concat(a: string, b: string): string {
    const [size, channels] = this.shapeOf(a);
    return this.push({ op: "Concat", axis: 2 }, [a, b], [size, channels + this.shapeOf(b)[1]]);
  }

  globalAverage(): string {
    return this.push({ op: "GlobalAveragePool" }, [this.last], [1, this.shapeOf(this.last)[1]]);
  }

  flatten(): string {
    const [size, channels] = this.shapeOf(this.last);
    return this.push({ op: "Flatten" }, [this.last], [1, size * size * channels]);
  }

  dense(units: number): string {
    const inputs = this.shapeOf(this.last)[1];
    const weights = this.he(inputs * units, inputs);
    return this.push({ op: "Gemm", weights, bias: new Float32Array(units), units }, [this.last], [1, units]);
  }

  spec(): NetworkSpec {
    const shape: Shape = [this.size, this.size, 3];
    return { name: this.name, input: { name: "image", shape }, nodes: this.nodes, output: this.last };
  }

  private shapeOf(name: string): readonly [size: number, channels: number] {
    return this.shapes.get(name) as readonly [number, number];
  }

  private push(operator: Operator, inputs: readonly string[], shape: readonly [number, number]): string {
    this.last = `${operator.op.toLowerCase()}${this.nodes.length}`;
    this.nodes.push({ ...operator, name: this.last, inputs });
    this.shapes.set(this.last, shape);
    return this.last;
  }

  private he(count: number, fanIn: number): Float32Array {
    const scale = Math.sqrt(2 / fanIn);
    const weights = new Float32Array(count);
    for (let i = 0; i < count; i++) weights[i] = scale * this.gauss();
    return weights;
  }
}
