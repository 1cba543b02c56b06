/** ONNX models put together in a test, a node a call, with random weights. */

import { type RandomValues, randomValues } from "../../support/random_values.js";
import {
  type Attribute,
  type TensorFile,
  TYPES,
  type TypeName,
  type ValueFile,
  writeModel,
} from "./writer.js";

export interface FixtureOptions {
  readonly opset?: number;
  readonly ir?: number;
  /** Shape of the input "x". A string is a length that the file leaves open. */
  readonly input: readonly (number | string)[];
  readonly inputType?: TypeName;
  readonly seed?: number;
  /** Other sets of operators, with their versions. */
  readonly opsets?: Readonly<Record<string, number>>;
  readonly metadata?: Readonly<Record<string, string>>;
  /** Weights are listed among the inputs too, as before IR 4. */
  readonly weightsAreInputs?: boolean;
}

/** A model under construction: methods return the names of the values that they make. */
export class Fixture {
  readonly random: RandomValues;
  readonly initializers: TensorFile[] = [];
  readonly nodes: {
    type: string;
    inputs: string[];
    outputs: string[];
    attributes: Record<string, Attribute>;
    domain?: string;
    name: string;
  }[] = [];
  readonly described: ValueFile[] = [];
  #names = 0;

  constructor(readonly options: FixtureOptions) {
    this.random = randomValues(options.seed ?? 1);
  }

  /** The image. */
  get x(): string {
    return "x";
  }

  get opset(): number {
    return this.options.opset ?? 17;
  }

  /** Float32 weights, of a size that keeps activations near 1. */
  weights(dims: readonly number[], scale?: number): string {
    const size = dims.reduce((product, n) => product * n, 1);
    const fan = dims.length > 1 ? size / dims[0] : 4;
    const spread = scale ?? Math.sqrt(3 / fan);
    return this.floats(
      dims,
      Array.from({ length: size }, () => this.random.uniform(-spread, spread)),
    );
  }

  /** Values between two numbers. */
  uniform(dims: readonly number[], low: number, high: number): string {
    const size = dims.reduce((product, n) => product * n, 1);
    return this.floats(
      dims,
      Array.from({ length: size }, () => this.random.uniform(low, high)),
    );
  }

  /** An initializer of float32. */
  floats(dims: readonly number[], values: readonly number[]): string {
    return this.initializer({
      type: TYPES.float,
      dims,
      raw: new Uint8Array(Float32Array.from(values).buffer),
    });
  }

  /** An initializer of int64; a list unless told otherwise. */
  int64s(values: readonly number[], dims: readonly number[] = [values.length]): string {
    return this.initializer({ ...int64Tensor(values, dims) });
  }

  initializer(tensor: TensorFile): string {
    const name = tensor.name ?? this.#name("w");
    this.initializers.push({ ...tensor, name });
    return name;
  }

  /** A node with one output. */
  node(
    type: string,
    inputs: readonly string[],
    attributes: Readonly<Record<string, Attribute>> = {},
    domain?: string,
  ): string {
    return this.split(type, inputs, 1, attributes, domain)[0];
  }

  /** A node with several outputs. */
  split(
    type: string,
    inputs: readonly string[],
    count: number,
    attributes: Readonly<Record<string, Attribute>> = {},
    domain?: string,
  ): string[] {
    const name = this.#name(type.toLowerCase());
    const outputs = count === 1 ? [name] : Array.from({ length: count }, (_, i) => `${name}_${i}`);
    this.nodes.push({ type, inputs: [...inputs], outputs, attributes: { ...attributes }, domain, name });
    return outputs;
  }

  /** A Constant node. */
  constant(dims: readonly number[], values: readonly number[]): string {
    return this.node("Constant", [], {
      value: { tensor: { type: TYPES.float, dims, floats: values } },
    });
  }

  /** A Constant node of int64. */
  constant64(values: readonly number[], dims: readonly number[] = [values.length]): string {
    return this.node("Constant", [], { value: { tensor: int64Tensor(values, dims) } });
  }

  /** Says in the file what shape a value has. */
  describe(name: string, dims: readonly (number | string)[]): string {
    this.described.push({ name, dims });
    return name;
  }

  /** Scores of `classes` classes of any value: it is flattened and multiplied. */
  head(value: string, size: number, classes = 5): string {
    const flat = this.node("Flatten", [value]);
    return this.node("Gemm", [flat, this.weights([classes, size]), this.weights([classes])], { transB: 1 });
  }

  /** The file. */
  bytes(...outputs: readonly (string | ValueFile)[]): Uint8Array<ArrayBuffer> {
    const { input, inputType = "float", opsets, ir, metadata, weightsAreInputs } = this.options;
    const listed: ValueFile[] = weightsAreInputs
      ? this.initializers.map(({ name = "", type, dims }) => ({ name, type, dims }))
      : [];
    return writeModel({
      ir,
      opsets: { "": this.opset, ...opsets },
      metadata,
      nodes: this.nodes,
      initializers: this.initializers,
      described: this.described,
      inputs: [{ name: "x", type: TYPES[inputType], dims: input }, ...listed],
      outputs: outputs.map((output) => (typeof output === "string" ? { name: output } : output)),
    });
  }

  #name(kind: string): string {
    return `${kind}${this.#names++}`;
  }
}

function int64Tensor(values: readonly number[], dims: readonly number[]): TensorFile {
  const raw = new Uint8Array(BigInt64Array.from(values, BigInt).buffer);
  return { type: TYPES.int64, dims, raw };
}
