import { type Example, type OperatorTesting, operatorCase } from "../../testing.js";
import type { Constant } from "./spec.js";

const examples: readonly Example<Constant>[] = [
  {
    name: "Constant",
    operator: { op: "Constant", shape: [2], data: Float32Array.of(0.5, -3) },
    shapes: [],
    inputs: [],
    shape: [2],
    output: [0.5, -3],
    cotangent: [1, 1],
    gradients: [],
  },
];

export const testing: OperatorTesting<Constant> = {
  samples: examples,
  examples,
  cases: [
    operatorCase("constant/the image is not needed for it", [3, 4, 3], (net, image) => {
      const product = net.add({ op: "Mul" }, net.constant([3]), net.constant([4, 1]));
      return net.add({ op: "Add" }, image, product);
    }),
  ],
};
