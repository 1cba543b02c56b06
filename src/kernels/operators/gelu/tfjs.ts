import type { Tensor } from "@tensorflow/tfjs-core";
import { type ElementWise, elementWise } from "../../element_wise/tfjs.js";
import type { TfNamespace } from "../../tfjs/namespace.js";
import type { Gelu } from "./spec.js";

export const make = elementWise<Gelu>(({ approximate }, { tf }) =>
  approximate === "tanh" ? geluTanh(tf) : gelu(tf),
);

function gelu(tf: TfNamespace): ElementWise {
  const normalCdf = (x: Tensor) => tf.mul(0.5, tf.add(1, tf.erf(tf.mul(x, Math.SQRT1_2))));
  return {
    value: (x) => tf.mul(x, normalCdf(x)),
    derivative: (x) =>
      tf.add(normalCdf(x), tf.mul(tf.mul(x, tf.exp(tf.mul(-0.5, tf.square(x)))), 1 / Math.sqrt(2 * Math.PI))),
  };
}

function geluTanh(tf: TfNamespace): ElementWise {
  const c = Math.sqrt(2 / Math.PI);
  const tanhOf = (x: Tensor) => tf.tanh(tf.mul(tf.mul(c, x), tf.add(1, tf.mul(0.044715, tf.square(x)))));
  return {
    value: (x) => tf.mul(tf.mul(0.5, x), tf.add(1, tanhOf(x))),
    derivative(x) {
      const t = tanhOf(x);
      const slope = tf.mul(c, tf.add(1, tf.mul(3 * 0.044715, tf.square(x))));
      const bend = tf.mul(tf.mul(tf.mul(0.5, x), tf.sub(1, tf.square(t))), slope);
      return tf.add(tf.mul(0.5, tf.add(1, t)), bend);
    },
  };
}
