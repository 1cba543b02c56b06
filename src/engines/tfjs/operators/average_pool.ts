import type { Tensor, Tensor4D } from "@tensorflow/tfjs-core";
import type { Node, Pool } from "../../../network/spec.js";
import { depthwise } from "./conv.js";
import { tap } from "./max_pool.js";
import type { Context, MakeOperator } from "./operator.js";
import { asImages, explicitPads } from "./window.js";

/**
 * Average pooling, padding not counted. Backward: dy over the number of pixels in its window, then the transpose
 * of a depthwise convolution with a kernel of ones.
 */
export const makeAveragePool: MakeOperator<Pool> = (node, context) => {
  const { tf, constant } = context;
  const { kernel, strides, pads, shape } = node;
  const inverseCounts = constant(
    windowCounts(node).map((n) => 1 / n),
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

function windowSum(node: Node<Pool>, context: Context) {
  const channels = node.shape[2];
  const weights = new Float32Array(node.kernel[0] * node.kernel[1] * channels).fill(1);
  return depthwise(
    { ...node, op: "Conv", weights, filters: channels, groups: channels, dilations: [1, 1] },
    context,
  );
}

/** How many pixels of the image each window holds, `[H'][W']`. */
function windowCounts({ kernel, strides, pads, shape, inputShapes }: Node<Pool>): Float32Array {
  const inside = (axis: 0 | 1, i: number) => {
    const start = i * strides[axis] - pads[axis];
    return Math.min(inputShapes[0][axis], start + kernel[axis]) - Math.max(0, start);
  };
  return Float32Array.from(
    { length: shape[0] * shape[1] },
    (_, i) => inside(0, Math.floor(i / shape[1])) * inside(1, i % shape[1]),
  );
}
