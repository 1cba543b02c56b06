import type { AnyOperator, Node } from "../../node.js";
import type { PoolWindow } from "../../pool.js";
import type { GlobalMaxPool } from "./spec.js";

/** A global maximum as a pool of one window over the whole image. */
export function asWindow(node: Node<GlobalMaxPool>): Node<AnyOperator & PoolWindow> {
  const [height, width, channels] = node.inputShapes[0];
  return {
    ...node,
    kernel: [height, width],
    strides: [1, 1],
    pads: [0, 0, 0, 0],
    shape: [1, 1, channels],
  };
}
