import { poolCases } from "../../pool_cases.js";
import type { Example, OperatorTesting } from "../../testing.js";
import type { MaxPool } from "./spec.js";

const examples: readonly Example<MaxPool>[] = [
  {
    name: "MaxPool: padding loses to negative values, the first of equals wins",
    operator: { op: "MaxPool", kernel: [2, 2], strides: [1, 2], pads: [1, 0, 0, 1] },
    shapes: [[2, 3, 1]],
    inputs: [[-1, -1, -3, -1, -5, -2]],
    shape: [2, 2, 1],
    output: [-1, -3, -1, -2],
    cotangent: [1, 2, 4, 8],
    gradients: [[5, 0, 2, 0, 0, 8]],
  },
  {
    name: "MaxPool of every second pixel",
    operator: { op: "MaxPool", kernel: [1, 2], strides: [1, 1], dilations: [1, 2], pads: [0, 1, 0, 0] },
    shapes: [[1, 4, 1]],
    inputs: [[7, 1, 3, 1]],
    // Taps at -1 and 1, 0 and 2, 1 and 3.
    shape: [1, 3, 1],
    output: [1, 7, 1],
    cotangent: [1, 2, 4],
    gradients: [[2, 5, 0, 0]],
  },
];

export const testing: OperatorTesting<MaxPool> = {
  samples: examples,
  examples,
  cases: poolCases("MaxPool", "max_pool"),
};
