import type { Tensor } from "@tensorflow/tfjs-core";
import type { MakeOperator } from "../../tfjs/operator.js";
import type { LayerNormalization } from "./spec.js";

export const make: MakeOperator<LayerNormalization> = (node, { tf, constant }) => {
  const depth = node.shape[node.shape.length - 1];
  const scale = node.scale && constant(node.scale, [depth]);
  const bias = node.bias && constant(node.bias, [depth]);
  const scaled = (x: Tensor): Tensor => (scale ? tf.mul(x, scale) : x);
  const mean = (x: Tensor): Tensor => tf.mean(x, x.shape.length - 1, true);
  const normalised = (x: Tensor) => {
    const distance = tf.sub(x, mean(x));
    const deviation = tf.sqrt(tf.add(mean(tf.square(distance)), node.epsilon));
    return { value: tf.div(distance, deviation), deviation };
  };
  return {
    forward([x]) {
      const y = scaled(normalised(x).value);
      return bias ? tf.add(y, bias) : y;
    },
    vjp([x], _y, dy) {
      const images = x.shape[0];
      const rows = x.size / images / depth;
      const { value, deviation } = normalised(tf.reshape(x, [images, 1, rows, depth]));
      const g = scaled(tf.reshape(dy, [images, -1, rows, depth]));
      const turned = tf.mul(value, mean(tf.mul(g, value)));
      const dx = tf.div(tf.sub(tf.sub(g, mean(g)), turned), deviation);
      return [tf.reshape(dx, dy.shape)];
    },
  };
};
