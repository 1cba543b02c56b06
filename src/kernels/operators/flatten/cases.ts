import { type Example, type OperatorTesting, operatorCase } from "../../testing.js";
import type { Flatten } from "./spec.js";

const examples: readonly Example<Flatten>[] = [
  {
    name: "Flatten",
    operator: { op: "Flatten" },
    shapes: [[2, 1, 2]],
    inputs: [[1, 2, 3, 4]],
    shape: [4],
    output: [1, 2, 3, 4],
    cotangent: [4, 3, 2, 1],
    gradients: [[4, 3, 2, 1]],
  },
];

export const testing: OperatorTesting<Flatten> = {
  samples: examples,
  examples,
  cases: [operatorCase("flatten/alone", [1, 1, 5], (net, image) => net.flatten(image), null)],
};
