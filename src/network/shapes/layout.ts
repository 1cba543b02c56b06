import { checkInteger, checkIntegers, rejectNode, shapeText } from "../checks.js";
import {
  type Arithmetic,
  type Concat,
  type NodeSpec,
  type Reshape,
  type Shape,
  type Slice,
  sizeOf,
  type Transpose,
} from "../spec.js";

/** NumPy broadcasting of per-image shapes: aligned at the last axis, a missing axis or a 1 stretches. */
export function broadcastShape(node: NodeSpec<Arithmetic>, shapes: readonly Shape[]): Shape {
  const rank = Math.max(...shapes.map((shape) => shape.length));
  return Array.from({ length: rank }, (_, axis) => {
    const sizes = shapes.map((shape) => shape[axis - rank + shape.length] ?? 1);
    const size = sizes.find((n) => n !== 1) ?? 1;
    if (sizes.some((n) => n !== 1 && n !== size))
      rejectNode(
        node,
        `input shapes are ${shapes.map(shapeText).join(", ")}, expected shapes that broadcast`,
      );
    return size;
  });
}

export function concatShape(node: NodeSpec<Concat>, shapes: readonly Shape[]): Shape {
  const [first] = shapes;
  checkInteger(node, "axis", node.axis, 0);
  if (node.axis >= first.length)
    rejectNode(node, `axis is ${node.axis}, expected less than the rank of input shape ${shapeText(first)}`);
  const agree = (shape: Shape) =>
    shape.length === first.length && shape.every((n, axis) => axis === node.axis || n === first[axis]);
  if (!shapes.every(agree))
    rejectNode(
      node,
      `input shapes are ${shapes.map(shapeText).join(", ")}, expected shapes that differ on axis ${node.axis} only`,
    );
  return first.map((n, axis) => (axis === node.axis ? shapes.reduce((sum, s) => sum + s[axis], 0) : n));
}

export function slicedShape(node: NodeSpec<Slice>, input: Shape): Shape {
  checkIntegers(node, "starts", node.starts, input.length, 0);
  checkIntegers(node, "ends", node.ends, input.length, 1);
  return input.map((n, axis) => {
    const [start, end] = [node.starts[axis], node.ends[axis]];
    if (start >= end || end > n)
      rejectNode(node, `slice of axis ${axis} is ${start}:${end}, expected a non-empty part of 0:${n}`);
    return end - start;
  });
}

export function reshapedShape(node: NodeSpec<Extract<Reshape, { op: "Reshape" }>>, input: Shape): Shape {
  checkIntegers(node, "shape", node.shape, undefined, 1);
  if (node.shape.length === 0 || sizeOf(node.shape) !== sizeOf(input))
    rejectNode(
      node,
      `shape is ${shapeText(node.shape)}, expected the ${sizeOf(input)} values of ${shapeText(input)}`,
    );
  return node.shape;
}

export function transposedShape(node: NodeSpec<Transpose>, input: Shape): Shape {
  checkIntegers(node, "perm", node.perm, input.length, 0);
  if (input.some((_, axis) => !node.perm.includes(axis)))
    rejectNode(node, `perm is [${node.perm}], expected each axis of ${shapeText(input)} once`);
  return node.perm.map((axis) => input[axis]);
}
