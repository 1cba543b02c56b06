import { arithmeticCases, chainCase } from "../../arithmetic/cases.js";
import { type OperatorTesting, operatorCase } from "../../testing.js";
import type { Min } from "./spec.js";

export const testing: OperatorTesting<Min> = {
  samples: [
    {
      operator: { op: "Min" },
      shapes: [
        [3, 4, 5],
        [3, 4, 5],
      ],
    },
    { operator: { op: "Min" }, shapes: [[3, 4, 5], [5], [4, 1]] },
  ],
  examples: [
    {
      name: "Min of a column and a row, a tie",
      operator: { op: "Min" },
      shapes: [[2, 1], [3]],
      inputs: [
        [2, -1],
        [2, -3, 4],
      ],
      shape: [2, 3],
      output: [2, -3, 2, -1, -3, -1],
      cotangent: [1, 2, 4, 8, 16, 32],
      gradients: [
        [1 + 4, 8 + 32],
        [0, 2 + 16, 0],
      ],
    },
    {
      name: "Min of three, the first of the equal",
      operator: { op: "Min" },
      shapes: [[3], [3], [3]],
      inputs: [
        [1, 3, 2],
        [1, 1, 2],
        [4, 1, 0],
      ],
      shape: [3],
      output: [1, 1, 0],
      cotangent: [1, 2, 4],
      gradients: [
        [1, 0, 0],
        [0, 2, 0],
        [0, 0, 4],
      ],
    },
  ],
  cases: [
    ...arithmeticCases("Min", (_net, value) => value),
    chainCase("Min"),
    operatorCase("arithmetic/Min with 0, as a relu is written", [3, 4, 5], (net, image) => {
      const zero = net.add({ op: "Constant", shape: [1], data: Float32Array.of(0) });
      return net.conv(net.add({ op: "Min" }, net.conv(image, { filters: 4 }), zero), { filters: 3 });
    }),
  ],
};
