import { arithmeticCases, chainCase } from "../../arithmetic/cases.js";
import type { OperatorTesting } from "../../testing.js";
import type { Mul } from "./spec.js";

export const testing: OperatorTesting<Mul> = {
  samples: [
    {
      operator: { op: "Mul" },
      shapes: [
        [3, 4, 5],
        [3, 4, 5],
      ],
    },
    {
      operator: { op: "Mul" },
      shapes: [
        [3, 4, 5],
        [1, 1, 5],
        [3, 4, 1],
      ],
    },
  ],
  examples: [
    {
      name: "Mul of a column by a row",
      operator: { op: "Mul" },
      shapes: [[2, 1], [3]],
      inputs: [
        [2, 3],
        [1, 10, 100],
      ],
      shape: [2, 3],
      output: [2, 20, 200, 3, 30, 300],
      cotangent: [1, 0, 0, 0, 1, -1],
      gradients: [
        [1, -90],
        [2, 3, -3],
      ],
    },
  ],
  cases: [...arithmeticCases("Mul"), chainCase("Mul")],
};
