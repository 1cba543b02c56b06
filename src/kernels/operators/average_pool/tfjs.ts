import type { Tensor, Tensor4D } from "@tensorflow/tfjs-core";
import type { Node } from "../../node.js";
import { undilated } from "../../pool.js";
import { depthwise } from "../../tfjs/convolution.js";
import type { Context, MakeOperator } from "../../tfjs/operator.js";
import { asImages, explicitPads, tap } from "../../tfjs/window.js";
import { windowCounts } from "./reference.js";
import type { AveragePool } from "./spec.js";

/**
 * Average pooling, padding not counted. Backward: dy over the number of pixels in its window, then the transpose
 * of a depthwise convolution with a kernel of ones.
 */
export const make: MakeOperator<AveragePool> = (node, context) => {
  const { tf, constant } = context;
  const { kernel, strides, pads, shape } = node;
  const inverseCounts = constant(
    Float32Array.from(windowCounts(node), (n) => 1 / n),
    [shape[0], shape[1], 1],
  );
  const { transpose } = windowSum(node, context);
  return {
    forward([x]) {
      if (kernel[0] === 1 && kernel[1] === 1)
        return tap(tf, asImages(x), [0, 0], strides, [shape[0], shape[1]]);
      return tf.avgPool(asImages(x), [...kernel], [...strides], explicitPads(pads));
    },
    vjp: (_inputs, _output, dy: Tensor) => [transpose(tf.mul(dy, inverseCounts) as Tensor4D)],
  };
};

function windowSum(node: Node<AveragePool>, context: Context) {
  const channels = node.shape[2];
  const weights = new Float32Array(node.kernel[0] * node.kernel[1] * channels).fill(1);
  return depthwise({ ...node, ...undilated(node), weights, filters: channels, groups: channels }, context);
}
