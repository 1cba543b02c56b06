import type { Node } from "../../node.js";
import { rowMajorStrides, stridedOffsets } from "../../strided.js";
import type { Transpose } from "./spec.js";

/** The offset in the input of each output value. */
export function sourceOf({ perm, shape, inputShapes }: Node<Transpose>): Int32Array {
  const strides = rowMajorStrides(inputShapes[0]);
  return stridedOffsets(
    shape,
    perm.map((axis) => strides[axis]),
  );
}
