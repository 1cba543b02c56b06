import { arithmeticCases, chainCase } from "../../arithmetic/cases.js";
import { type OperatorTesting, operatorCase } from "../../testing.js";
import type { Max } from "./spec.js";

export const testing: OperatorTesting<Max> = {
  samples: [
    {
      operator: { op: "Max" },
      shapes: [
        [3, 4, 5],
        [3, 4, 5],
      ],
    },
    { operator: { op: "Max" }, shapes: [[3, 4, 5], [5], [4, 1]] },
  ],
  examples: [
    {
      name: "Max of a column and a row, a tie",
      operator: { op: "Max" },
      shapes: [[2, 1], [3]],
      inputs: [
        [2, -1],
        [2, -3, 4],
      ],
      shape: [2, 3],
      output: [2, 2, 4, 2, -1, 4],
      cotangent: [1, 2, 4, 8, 16, 32],
      gradients: [
        [1 + 2, 16],
        [8, 0, 4 + 32],
      ],
    },
    {
      name: "Max of three, the first of the equal",
      operator: { op: "Max" },
      shapes: [[3], [3], [3]],
      inputs: [
        [1, 0, 2],
        [1, 2, 2],
        [0, 2, 3],
      ],
      shape: [3],
      output: [1, 2, 3],
      cotangent: [1, 2, 4],
      gradients: [
        [1, 0, 0],
        [0, 2, 0],
        [0, 0, 4],
      ],
    },
  ],
  cases: [
    ...arithmeticCases("Max"),
    chainCase("Max"),
    operatorCase("arithmetic/Max with 0, as a relu is written", [3, 4, 5], (net, image) => {
      const zero = net.add({ op: "Constant", shape: [1], data: Float32Array.of(0) });
      return net.conv(net.add({ op: "Max" }, net.conv(image, { filters: 4 }), zero), { filters: 3 });
    }),
  ],
};
