import type { MakeOperator } from "../../tfjs/operator.js";
import type { Slice } from "./spec.js";

export const make: MakeOperator<Slice> = (node, { tf }) => ({
  forward: ([x]) => tf.slice(x, [0, ...node.starts], [x.shape[0], ...node.shape]),
  vjp: (_inputs, _output, dy) => [
    tf.pad(dy, [
      [0, 0],
      ...node.starts.map((start, a): [number, number] => [start, node.inputShapes[0][a] - node.ends[a]]),
    ]),
  ],
});
