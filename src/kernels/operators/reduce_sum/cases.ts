import { reductionCases } from "../../reduction/cases.js";
import type { OperatorTesting } from "../../testing.js";
import type { ReduceSum } from "./spec.js";

const op = "ReduceSum";

export const testing: OperatorTesting<ReduceSum> = {
  samples: [
    { operator: { op, axes: [1] }, shapes: [[3, 4, 5]] },
    { operator: { op, axes: [1, 2], keepdims: true }, shapes: [[2, 3, 4]] },
    { operator: { op, axes: [0] }, shapes: [[7]] },
  ],
  examples: [
    {
      name: "ReduceSum: the sum of two rows",
      operator: { op, axes: [0] },
      shapes: [[2, 2]],
      inputs: [[1, 2, 3, 8]],
      shape: [2],
      output: [4, 10],
      cotangent: [4, 8],
      gradients: [[4, 8, 4, 8]],
    },
  ],
  cases: reductionCases("reduce_sum", (net, attributes, value) => net.add({ op, ...attributes }, value)),
};
