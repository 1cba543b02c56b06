import type { Shape } from "../../node.js";
import { type OperatorCase, type OperatorTesting, operatorCase, SIZES } from "../../testing.js";
import type { LayerNormalization } from "./spec.js";

const op = "LayerNormalization";
const third = Math.sqrt(1.5);

export const testing: OperatorTesting<LayerNormalization> = {
  samples: [
    { operator: { op, epsilon: 1e-5 }, shapes: [[3, 4, 5]] },
    { operator: { op, epsilon: 1e-3, scale: Float32Array.of(1, -2, 0.5) }, shapes: [[4, 3]] },
    {
      operator: { op, epsilon: 1e-5, scale: Float32Array.of(2, 1), bias: Float32Array.of(0, -1) },
      shapes: [[2]],
    },
  ],
  examples: [
    {
      name: "LayerNormalization of 1, 3 and 5 with variance 8/3",
      operator: {
        op,
        epsilon: 16 / 3,
        scale: Float32Array.of(1, 2, 4),
        bias: Float32Array.of(0, 0.5, 0),
      },
      shapes: [[1, 3]],
      inputs: [[1, 3, 5]],
      shape: [1, 3],
      // 1 / s = 1 / sqrt(8).
      output: [-2 / Math.sqrt(8), 0.5, 8 / Math.sqrt(8)],
      cotangent: [8, 4, 2],
      // g = [8, 8, 8]: the same for all, so that nothing moves.
      gradients: [[0, 0, 0]],
    },
    {
      name: "LayerNormalization: what is along the row turns nothing",
      operator: { op, epsilon: 2 ** -40 },
      shapes: [[3]],
      inputs: [[-1, 0, 1]],
      shape: [3],
      output: [-third, 0, third].map((v) => v / Math.sqrt(1 + 1.5 * 2 ** -40)),
      cotangent: [1, -2, 1],
      gradients: [[1, -2, 1].map((v) => (v * third) / Math.sqrt(1 + 1.5 * 2 ** -40))],
    },
  ],
  cases: [...sizes(), ...networks()],
};

/** Rows of every length, and of more than a workgroup has invocations. */
function sizes(): OperatorCase[] {
  const shapes: Shape[] = [...SIZES.filter((n) => n > 2).map((n) => [3, n]), [2, 3, 67], [131], [1, 4, 6]];
  return shapes.map((shape) =>
    operatorCase(`layer_normalization/${shape.join("x")}`, shape, (net, image) => {
      const depth = shape[shape.length - 1];
      const [scale, bias] = [net.weights(depth, 1), net.weights(depth, 1)];
      return net.add({ op, epsilon: 1 / 16, scale, bias }, image);
    }),
  );
}

/** Between values that let some cotangents through only, and among others that add to them. */
function networks(): OperatorCase[] {
  const epsilon = 1 / 64;
  return [
    operatorCase("layer_normalization/of a relu, before one", [3, 4, 2], (net, image) => {
      const value = net.relu(net.conv(image, { filters: 5 }));
      return net.conv(net.relu(net.add({ op, epsilon }, value)), { filters: 3 });
    }),
    operatorCase("layer_normalization/then factors and offsets", [3, 4, 2], (net, image) => {
      const value = net.add({ op, epsilon, scale: net.weights(6, 1) }, net.conv(image, { filters: 6 }));
      const scaled = net.add({ op: "Mul" }, value, net.constant([6]));
      return net.gemm(net.add({ op: "Add" }, scaled, net.constant([6])), 4);
    }),
    operatorCase("layer_normalization/in a residual block", [5, 6], (net, image) => {
      const normal = net.add({ op, epsilon }, image);
      const inner = net.gemm(net.add({ op: "Gelu", approximate: "none" }, net.gemm(normal, 9)), 6);
      const sum = net.add({ op: "Add" }, image, inner);
      return net.add({ op, epsilon, bias: net.weights(6, 1) }, sum);
    }),
    operatorCase("layer_normalization/of pixels of two channels and a max-pool", [4, 4, 2], (net, image) => {
      const value = net.relu(net.add({ op, epsilon: 1 }, net.conv(image, { filters: 2 })));
      return net.pool(value, "MaxPool", { kernel: 2, strides: 2 });
    }),
  ];
}
