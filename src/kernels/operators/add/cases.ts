import { arithmeticCases, chainCase } from "../../arithmetic/cases.js";
import type { OperatorTesting } from "../../testing.js";
import type { Add } from "./spec.js";

export const testing: OperatorTesting<Add> = {
  samples: [
    {
      operator: { op: "Add" },
      shapes: [
        [3, 4, 5],
        [3, 4, 5],
      ],
    },
    { operator: { op: "Add" }, shapes: [[3, 4, 5], [5], [4, 1]] },
  ],
  examples: [
    {
      name: "Add of three, broadcast",
      operator: { op: "Add" },
      shapes: [[2, 2], [2], [2, 1]],
      inputs: [
        [1, 2, 3, 4],
        [10, 20],
        [100, 200],
      ],
      shape: [2, 2],
      output: [111, 122, 213, 224],
      cotangent: [1, 2, 3, 4],
      gradients: [
        [1, 2, 3, 4],
        [4, 6],
        [3, 7],
      ],
    },
  ],
  cases: [...arithmeticCases("Add"), chainCase("Add")],
};
