import { type Shape, sizeOf } from "../../spec.js";
import type { Value } from "../graph_builder.js";
import type { Dims, Tensor } from "./tensor.js";

/**
 * A value of a graph that depends on the image, as a graph sees it (a tensor with a batch axis somewhere) and as the network
 * under construction holds it (per image, in an order of axes of its own).
 *
 * The graph is imported at batch 1. `batch` says which axis grows with the batch: the axis that counts N images has length
 * `N * dims[batch]`, the image's number outermost (windowed attention makes several rows of one image). What the batch axis
 * is follows from the input through every operation, so that each of them can refuse to mix images. Rows of an image may also
 * surround its number, as where tokens come first and are flattened with the batch: `outer` of them then lie before it.
 *
 * Exporters write transposes around every convolution, so a transpose renames axes here and moves nothing; values are
 * moved only where an operation needs another order than they have.
 */
export interface Activation {
  readonly kind: "activation";
  readonly dims: Dims;
  /** The axis along which images lie; -1 in a graph that takes one image at a time, where no axis can mix any. */
  readonly batch: number;
  /** How many values of the batch axis lie before the image's number, 1 unless said. */
  readonly outer?: number;
  readonly value: Value;
  /**
   * Which axis of `dims` each axis of `value.shape` is. Axes of length 1 may be missing; where all are, the value's shape
   * is `[1]`.
   */
  readonly order: readonly number[];
  /** Whether it is what a comparison gives: 1 and 0 and no other number. */
  readonly isTruth?: true;
}

/** A value of one image as a tensor with the batch axis before it. */
export function batched(value: Value): Activation {
  const dims = [1, ...value.shape];
  return { kind: "activation", dims, batch: 0, value, order: value.shape.map((_, axis) => axis + 1) };
}

/** Whether the images of two values lie alike: on an axis of the same length, at the same place of it. */
export function besideEachOther(a: Activation, b: Activation): boolean {
  return a.batch === b.batch && a.dims[a.batch] === b.dims[b.batch] && (a.outer ?? 1) === (b.outer ?? 1);
}

/** Lengths of the axes for so many images. */
export function dimsAt({ dims, batch }: Activation, images: number): number[] {
  return dims.map((n, axis) => (axis === batch ? n * images : n));
}

/** What flows along the edges of a graph. */
export type Operand = Activation | Tensor;

/** Axes of `dims` that are longer than 1. */
export function longAxes(dims: Dims): number[] {
  return dims.flatMap((n, axis) => (n === 1 ? [] : [axis]));
}

/** Shape of a value whose axes are these axes of `dims`. */
export function shapeIn(dims: Dims, order: readonly number[]): Shape {
  return order.length === 0 ? [1] : order.map((axis) => dims[axis]);
}

export function isActivation(operand: Operand | undefined): operand is Activation {
  return operand?.kind === "activation";
}

/** Number of values for one image. */
export function perImage(activation: Activation): number {
  return sizeOf(activation.dims);
}
