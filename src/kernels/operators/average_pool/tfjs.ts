import type { Tensor, Tensor4D } from "@tensorflow/tfjs-core";
import type { Node } from "../../node.js";
import { windowOf } from "../../pool.js";
import { convolution } from "../../tfjs/convolution.js";
import type { Context, MakeOperator } from "../../tfjs/operator.js";
import { asImages, explicitPads, tap } from "../../tfjs/window.js";
import { windowCounts } from "./reference.js";
import type { AveragePool } from "./spec.js";

/**
 * Average pooling. Backward: dy over the number of taps that count in its window, then the transpose
 * of a depthwise convolution with a kernel of ones.
 */
export const make: MakeOperator<AveragePool> = (node, context) => {
  const { tf, constant } = context;
  const { kernel, strides, pads, shape } = node;
  const inverseCounts = constant(
    Float32Array.from(windowCounts(node), (n) => 1 / n),
    [shape[0], shape[1], 1],
  );
  const sum = windowSum(node, context);
  const plain = !node.countedPads && windowOf(node).dilations.every((n) => n === 1);
  return {
    forward([x]) {
      if (kernel[0] === 1 && kernel[1] === 1)
        return tap(tf, asImages(x), [0, 0], strides, [shape[0], shape[1]]);
      if (!plain) return tf.mul(sum.forward(asImages(x)), inverseCounts);
      return tf.avgPool(asImages(x), [...kernel], [...strides], explicitPads(pads));
    },
    vjp: (_inputs, _output, dy: Tensor) => [sum.transpose(tf.mul(dy, inverseCounts) as Tensor4D)],
  };
};

function windowSum(node: Node<AveragePool>, context: Context) {
  const channels = node.shape[2];
  const weights = new Float32Array(node.kernel[0] * node.kernel[1] * channels).fill(1);
  return convolution({ ...node, ...windowOf(node), weights, filters: channels, groups: channels }, context);
}
