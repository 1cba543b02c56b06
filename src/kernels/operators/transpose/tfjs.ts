import type { MakeOperator } from "../../tfjs/operator.js";
import type { Transpose } from "./spec.js";

export const make: MakeOperator<Transpose> = (node, { tf }) => {
  const forward = [0, ...node.perm.map((a) => a + 1)];
  const backward = forward.map((_, a) => forward.indexOf(a));
  return {
    forward: ([x]) => tf.transpose(x, forward),
    vjp: (_inputs, _output, dy) => [tf.transpose(dy, backward)],
  };
};
