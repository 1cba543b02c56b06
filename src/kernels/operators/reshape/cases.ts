import { type Example, type OperatorTesting, operatorCase } from "../../testing.js";
import type { Reshape } from "./spec.js";

const examples: readonly Example<Reshape>[] = [
  {
    name: "Reshape",
    operator: { op: "Reshape", shape: [3, 2] },
    shapes: [[2, 3]],
    inputs: [[1, 2, 3, 4, 5, 6]],
    shape: [3, 2],
    output: [1, 2, 3, 4, 5, 6],
    cotangent: [6, 5, 4, 3, 2, 1],
    gradients: [[6, 5, 4, 3, 2, 1]],
  },
];

export const testing: OperatorTesting<Reshape> = {
  samples: examples,
  examples,
  cases: [
    operatorCase("reshape/rows and columns", [3, 4, 5], (net, image) =>
      net.conv(net.add({ op: "Reshape", shape: [5, 2, 6] }, net.relu(net.conv(image, { filters: 5 }))), {
        filters: 3,
      }),
    ),
    operatorCase("reshape/vector to image", [12], (net, image) =>
      net.relu(net.conv(net.add({ op: "Reshape", shape: [2, 2, 5] }, net.gemm(image, 20)), { filters: 3 })),
    ),
    operatorCase("reshape/of rank 2", [28, 3], (net, image) => net.relu(net.gemm(net.flatten(image), 9))),
  ],
};
