import type { StridedCopy } from "../../copy_strided/axes.js";
import type { Node } from "../../node.js";
import { rowMajorStrides, stridedOffsets } from "../../strided.js";
import type { Transpose } from "./spec.js";

/** Where in the input each output value is. */
export function copyOf({ perm, shape, inputShapes }: Node<Transpose>): StridedCopy {
  const strides = rowMajorStrides(inputShapes[0]);
  return {
    shape,
    from: perm.map((axis) => strides[axis]),
    to: rowMajorStrides(shape),
    ...{ fromStart: 0, toStart: 0 },
  };
}

/** The offset in the input of each output value. */
export function sourceOf(node: Node<Transpose>): Int32Array {
  const { shape, from } = copyOf(node);
  return stridedOffsets(shape, from);
}
