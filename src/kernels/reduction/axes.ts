import { checkIntegers, rejectNode, shapeText } from "../checks.js";
import { type AnyOperator, type Node, type NodeSpec, type Shape, sizeOf } from "../node.js";

/** The attributes of a reduction along axes of an image. */
export interface ReducedAxes {
  /** Neighbours, rising; axis 0 is the first after the batch. */
  readonly axes: readonly number[];
  /** The axes stay, with length 1. Default false: they go, but for one if all would. */
  readonly keepdims?: boolean;
}

/** The input as `[outer][count][inner]`, of which the middle is reduced. */
export interface Reduction {
  readonly outer: number;
  readonly count: number;
  readonly inner: number;
}

export function reducedShape(node: NodeSpec<AnyOperator & ReducedAxes>, [input]: readonly Shape[]): Shape {
  const { axes, keepdims } = node;
  checkIntegers(node, "axes", axes, undefined, 0);
  if (keepdims !== undefined && typeof keepdims !== "boolean")
    rejectNode(node, `keepdims is ${typeof keepdims}, expected a boolean`);
  const [first] = axes;
  if (axes.length === 0 || first + axes.length > input.length || axes.some((axis, i) => axis !== first + i))
    rejectNode(node, `axes are [${axes}], expected neighbouring axes of ${shapeText(input)}, rising`);
  if (keepdims) return input.map((n, axis) => (axes.includes(axis) ? 1 : n));
  const left = input.filter((_, axis) => !axes.includes(axis));
  return left.length > 0 ? left : [1];
}

export function reductionOf({ axes, inputShapes: [input] }: Node<AnyOperator & ReducedAxes>): Reduction {
  const last = axes[axes.length - 1] + 1;
  return {
    outer: sizeOf(input.slice(0, axes[0])),
    count: sizeOf(input.slice(axes[0], last)),
    inner: sizeOf(input.slice(last)),
  };
}
