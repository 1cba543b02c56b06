import { elementWise, hardSigmoid } from "../../element_wise/tfjs.js";
import type { HardSwish } from "./spec.js";

export const make = elementWise<HardSwish>((_node, { tf }) => {
  const gate = hardSigmoid(tf, 1 / 6, 0.5);
  return {
    value: (x) => tf.mul(x, gate.value(x)),
    derivative: (x) => tf.add(gate.value(x), tf.mul(x, gate.derivative(x, x))),
  };
});
