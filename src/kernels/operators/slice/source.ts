import type { Node } from "../../node.js";
import { rowMajorStrides, stridedOffsets } from "../../strided.js";
import type { Slice } from "./spec.js";

/** The offset in the input of each output value. */
export function sourceOf({ starts, shape, inputShapes }: Node<Slice>): Int32Array {
  const strides = rowMajorStrides(inputShapes[0]);
  const start = strides.reduce((sum, stride, axis) => sum + starts[axis] * stride, 0);
  return stridedOffsets(shape, strides, start);
}
