import { reductionCases } from "../../reduction/cases.js";
import type { OperatorTesting } from "../../testing.js";
import type { ReduceMean } from "./spec.js";

const op = "ReduceMean";

export const testing: OperatorTesting<ReduceMean> = {
  samples: [
    { operator: { op, axes: [1] }, shapes: [[3, 4, 5]] },
    { operator: { op, axes: [1, 2], keepdims: true }, shapes: [[2, 3, 4]] },
    { operator: { op, axes: [0] }, shapes: [[7]] },
  ],
  examples: [
    {
      name: "ReduceMean: the mean of two rows",
      operator: { op, axes: [0] },
      shapes: [[2, 2]],
      inputs: [[1, 2, 3, 8]],
      shape: [2],
      output: [2, 5],
      cotangent: [4, 8],
      gradients: [[2, 4, 2, 4]],
    },
  ],
  cases: reductionCases("reduce_mean", (net, attributes, value) => net.add({ op, ...attributes }, value)),
};
