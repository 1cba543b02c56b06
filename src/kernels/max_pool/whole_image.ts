import type { GlobalPool, Node, Pool } from "../../network/spec.js";

/** A global maximum as a pool of one window over the whole image. */
export function asWindow(node: Node<GlobalPool>): Node<Pool> {
  const [height, width, channels] = node.inputShapes[0];
  return {
    ...node,
    op: "MaxPool",
    kernel: [height, width],
    strides: [1, 1],
    pads: [0, 0, 0, 0],
    shape: [1, 1, channels],
  };
}
