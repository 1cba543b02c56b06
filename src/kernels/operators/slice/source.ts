import type { StridedCopy } from "../../copy_strided/axes.js";
import type { Node } from "../../node.js";
import { rowMajorStrides, stridedOffsets } from "../../strided.js";
import type { Slice } from "./spec.js";

/** Where in the input each output value is. */
export function copyOf({ starts, steps, shape, inputShapes }: Node<Slice>): StridedCopy {
  const strides = rowMajorStrides(inputShapes[0]);
  return {
    shape,
    from: strides.map((stride, axis) => stride * (steps?.[axis] ?? 1)),
    to: rowMajorStrides(shape),
    fromStart: strides.reduce((sum, stride, axis) => sum + starts[axis] * stride, 0),
    toStart: 0,
  };
}

/** The offset in the input of each output value. */
export function sourceOf(node: Node<Slice>): Int32Array {
  const { shape, from, fromStart } = copyOf(node);
  return stridedOffsets(shape, from, fromStart);
}
