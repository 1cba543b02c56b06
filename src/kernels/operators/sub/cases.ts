import { arithmeticCases } from "../../arithmetic/cases.js";
import type { OperatorTesting } from "../../testing.js";
import type { Sub } from "./spec.js";

export const testing: OperatorTesting<Sub> = {
  samples: [
    {
      operator: { op: "Sub" },
      shapes: [
        [3, 4, 5],
        [3, 4, 5],
      ],
    },
    { operator: { op: "Sub" }, shapes: [[5], [3, 4, 1]] },
  ],
  examples: [
    {
      name: "Sub, the first broadcast",
      operator: { op: "Sub" },
      shapes: [[1], [3]],
      inputs: [[10], [1, 2, 3]],
      shape: [3],
      output: [9, 8, 7],
      cotangent: [1, 2, 4],
      gradients: [[7], [-1, -2, -4]],
    },
  ],
  cases: arithmeticCases("Sub"),
};
