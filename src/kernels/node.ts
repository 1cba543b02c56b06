/**
 * What kernels see of a network: shapes, one node with its attributes, one step of fused nodes. All shapes are **per
 * image**: the batch axis is never written. An image is `[H, W, C]`, a feature vector `[D]`.
 */

/** Per-image shape, channels last, without the batch axis. */
export type Shape = readonly number[];
/** `[vertical, horizontal]`. */
export type Pair = readonly [number, number];
/** `[top, left, bottom, right]`, ONNX order. */
export type Pads = readonly [number, number, number, number];

/** An operator with its attributes; every one is named in `operators/operator.ts`. */
export interface AnyOperator {
  readonly op: string;
}

/** One node: its operator, its name (also the name of its output value) and the values it reads. */
export type NodeSpec<O extends AnyOperator = AnyOperator> = O & {
  readonly name: string;
  readonly inputs: readonly string[];
};

/** A validated node with the shapes of what it reads and makes. */
export type Node<O extends AnyOperator = AnyOperator> = NodeSpec<O> & {
  readonly shape: Shape;
  readonly inputShapes: readonly Shape[];
};

/** Values strictly inside pass a cotangent on; outputs are clamped to it. */
export interface Clamp {
  readonly low: number;
  readonly high: number;
}

/** No clamp: every value passes. */
export const UNCLAMPED: Clamp = { low: -Infinity, high: Infinity };

/** One step of an optimised engine: an operator with what was fused into it. `y = clamp(op(inputs) + residual)`. */
export interface Step<O extends AnyOperator = AnyOperator> {
  readonly node: Node<O>;
  /** Storage names of the inputs. */
  readonly inputs: readonly string[];
  /** Storage name of the output. */
  readonly output: string;
  readonly residual?: string;
  readonly clamp?: Clamp;
}

/** Number of values in a shape. */
export function sizeOf(shape: Shape): number {
  return shape.reduce((product, n) => product * n, 1);
}

export function sameShape(a: Shape, b: Shape): boolean {
  return a.length === b.length && a.every((n, axis) => n === b[axis]);
}

/** `[height, width, channels]` of a value as pixels: axes before the last two make one long column of rows. */
export function asPixels(shape: Shape): readonly [number, number, number] {
  return [sizeOf(shape.slice(0, -2)), shape.at(-2) ?? 1, shape.at(-1) ?? 1];
}
