import type { Tensor } from "@tensorflow/tfjs-core";
import { elementWise } from "../../element_wise/tfjs.js";
import type { Softsign } from "./spec.js";

export const make = elementWise<Softsign>((_node, { tf }) => {
  const denominator = (x: Tensor) => tf.add(1, tf.abs(x));
  return {
    value: (x) => tf.div(x, denominator(x)),
    derivative: (x) => tf.div(1, tf.square(denominator(x))),
  };
});
