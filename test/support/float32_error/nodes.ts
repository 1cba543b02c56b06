import { referenceOperator } from "../../../src/kernels/reference.js";
import { type Node, sizeOf } from "../../../src/network/spec.js";

/** Unit roundoff of float32. */
export const U = 2 ** -24;

/** A value of one image with what float32 may make of it; arrays of one length. */
export interface Inexact {
  /** Exact. */
  readonly value: Float64Array;
  /** How far off a float32 evaluation may be. */
  readonly error: Float64Array;
  /** At least |value|: sum |a b| over the linear operators since the last non-linear one, which may be folded. */
  readonly magnitude: Float64Array;
}

export type Values = ReadonlyMap<string, Inexact>;

export function isFunction(node: Node): boolean {
  return !LINEAR.has(node.op) && !isMaximum(node) && node.op !== "Mul" && node.op !== "Constant";
}

export function isMaximum(node: Node): boolean {
  return node.op === "MaxPool" || node.op === "GlobalMaxPool";
}

export const LINEAR = new Set([
  "Conv",
  "Gemm",
  "BatchNormalization",
  "AveragePool",
  "GlobalAveragePool",
  "Add",
  "Sub",
  "Concat",
  "Pad",
  "Slice",
  "Resize",
  "Flatten",
  "Reshape",
  "Transpose",
  "Identity",
]);

/** The node with absolute weights; without its constant term unless `offset`. */
export function absolute(node: Node, offset: boolean): Node {
  const abs = (values: Float32Array) => values.map(Math.abs);
  const term = (values: Float32Array | undefined) => (offset && values ? abs(values) : undefined);
  switch (node.op) {
    case "Conv":
    case "Gemm":
      return { ...node, weights: abs(node.weights), bias: term(node.bias) };
    case "BatchNormalization": {
      const zeros = new Float32Array(node.scale.length);
      const mean = offset ? node.mean.map((m) => -Math.abs(m)) : zeros;
      return { ...node, scale: abs(node.scale), mean, bias: term(node.bias) ?? zeros };
    }
    case "Sub":
      return { ...node, op: "Add" };
    case "Constant":
      return { ...node, data: offset ? abs(node.data) : new Float32Array(node.data.length) };
    default:
      return node;
  }
}

export function termsForward(node: Node): number {
  switch (node.op) {
    case "Conv":
      return node.weights.length / node.filters + 4;
    case "Gemm":
      return node.weights.length / node.units + 4;
    case "AveragePool":
      return node.kernel[0] * node.kernel[1] + 2;
    case "GlobalAveragePool":
      return sizeOf(node.inputShapes[0]) / node.inputShapes[0][2] + 2;
    case "BatchNormalization":
      return 5;
    case "Resize":
      return 8;
    case "Add":
    case "Sub":
      return node.inputs.length + 1;
    default:
      return 0;
  }
}

export function termsBackward(node: Node, input: number): number {
  switch (node.op) {
    case "Conv":
      return (node.kernel[0] * node.kernel[1] * node.filters) / node.groups + 4;
    case "Gemm":
      return node.units + 4;
    case "AveragePool":
      return node.kernel[0] * node.kernel[1] + 2;
    case "GlobalAveragePool":
      return 3;
    case "BatchNormalization":
      return 5;
    case "Resize":
      // Every output pixel may read one and the same input pixel, with four weights.
      return 4 * sizeOf(node.size) + 4;
    case "Add":
    case "Sub":
    case "Mul":
      return sizeOf(node.shape) / sizeOf(node.inputShapes[input]) + 1;
    default:
      return 0;
  }
}

export function run(node: Node, inputs: readonly Float64Array[]): Float64Array {
  return referenceOperator(node.op)!.forward(node, inputs);
}

export function vjp(node: Node, inputs: readonly Float64Array[], cotangent: Float64Array): Float64Array[] {
  return referenceOperator(node.op)!.vjp(node, inputs, run(node, inputs), cotangent);
}

export function at(values: Values, name: string): Inexact {
  return values.get(name)!;
}

export function add(a: Float64Array, b: Float64Array): Float64Array {
  return a.map((v, i) => v + b[i]);
}
