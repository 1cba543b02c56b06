import { globalPoolCases } from "../../pool_cases.js";
import type { Example, OperatorTesting } from "../../testing.js";
import type { GlobalMaxPool } from "./spec.js";

const examples: readonly Example<GlobalMaxPool>[] = [
  {
    name: "GlobalMaxPool: the first of equals wins",
    operator: { op: "GlobalMaxPool" },
    shapes: [[3, 1, 2]],
    inputs: [[-3, 5, -2, 5, -2, 4]],
    shape: [2],
    output: [-2, 5],
    cotangent: [1, 2],
    gradients: [[0, 2, 1, 0, 0, 0]],
  },
];

export const testing: OperatorTesting<GlobalMaxPool> = {
  samples: examples,
  examples,
  cases: globalPoolCases("GlobalMaxPool", "global_max_pool"),
};
