import { globalPoolCases } from "../../pool_cases.js";
import type { Example, OperatorTesting } from "../../testing.js";
import type { GlobalAveragePool } from "./spec.js";

const examples: readonly Example<GlobalAveragePool>[] = [
  {
    name: "GlobalAveragePool",
    operator: { op: "GlobalAveragePool" },
    shapes: [[2, 2, 2]],
    inputs: [[1, 10, 2, 20, 3, 30, 4, 40]],
    shape: [2],
    output: [2.5, 25],
    cotangent: [4, -4],
    gradients: [[1, -1, 1, -1, 1, -1, 1, -1]],
  },
];

export const testing: OperatorTesting<GlobalAveragePool> = {
  samples: examples,
  examples,
  cases: globalPoolCases("GlobalAveragePool", "global_average_pool"),
};
