import { convolution } from "../../tfjs/convolution.js";
import type { MakeOperator } from "../../tfjs/operator.js";
import { asImages } from "../../tfjs/window.js";
import type { Conv } from "./spec.js";

export const make: MakeOperator<Conv> = (node, context) => {
  const { tf, constant } = context;
  const bias = node.bias && constant(node.bias, [node.filters]);
  const map = convolution(node, context);
  return {
    forward([x]) {
      const y = map.forward(asImages(x));
      return bias ? tf.add(y, bias) : y;
    },
    vjp: (_inputs, _output, dy) => [map.transpose(asImages(dy))],
  };
};
