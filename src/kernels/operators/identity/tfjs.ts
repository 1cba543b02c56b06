import type { MakeOperator } from "../../tfjs/operator.js";
import type { Identity } from "./spec.js";

export const make: MakeOperator<Identity> = (_node, { tf }) => ({
  forward: ([x]) => tf.clone(x),
  vjp: (_inputs, _output, dy) => [tf.clone(dy)],
});
