import { poolCases } from "../../pool_cases.js";
import type { Example, OperatorTesting } from "../../testing.js";
import type { AveragePool } from "./spec.js";

const examples: readonly Example<AveragePool>[] = [
  {
    name: "AveragePool: padding is not counted",
    operator: { op: "AveragePool", kernel: [1, 2], strides: [1, 2], pads: [0, 0, 0, 1] },
    shapes: [[1, 3, 2]],
    inputs: [[2, 10, 4, 20, 6, 30]],
    shape: [1, 2, 2],
    output: [3, 15, 6, 30],
    cotangent: [1, 2, 3, 4],
    gradients: [[0.5, 1, 0.5, 1, 3, 4]],
  },
];

export const testing: OperatorTesting<AveragePool> = {
  samples: examples,
  examples,
  cases: poolCases("AveragePool", "average_pool"),
};
