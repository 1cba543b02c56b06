import type { AnyOperator, Node } from "../../node.js";
import type { PoolWindow } from "../../pool.js";
import { reductionOf } from "../../reduction/axes.js";
import type { ReduceMax } from "./spec.js";

/** A maximum along axes as a pool: the axes before are rows of the image, those behind channels, and a window is a row. */
export function asWindow(node: Node<ReduceMax>): Node<AnyOperator & PoolWindow> {
  const { outer, count, inner } = reductionOf(node);
  return {
    ...node,
    kernel: [1, count],
    strides: [1, 1],
    pads: [0, 0, 0, 0],
    inputShapes: [[outer, count, inner]],
    shape: [outer, 1, inner],
  };
}
