import { type Example, type OperatorTesting, operatorCase } from "../../testing.js";
import type { Identity } from "./spec.js";

const examples: readonly Example<Identity>[] = [
  {
    name: "Identity",
    operator: { op: "Identity" },
    shapes: [[3]],
    inputs: [[1, 2, 3]],
    shape: [3],
    output: [1, 2, 3],
    cotangent: [3, 2, 1],
    gradients: [[3, 2, 1]],
  },
];

export const testing: OperatorTesting<Identity> = {
  samples: examples,
  examples,
  cases: [
    operatorCase("identity/alone", [7], (net, image) => net.add({ op: "Identity" }, image), null),
    operatorCase("identity/between conv and relu", [3, 4, 5], (net, image) =>
      net.relu(net.add({ op: "Identity" }, net.conv(image, { filters: 4 }))),
    ),
  ],
};
