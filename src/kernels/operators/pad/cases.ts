import type { Pads } from "../../node.js";
import { type Example, type OperatorCase, type OperatorTesting, operatorCase } from "../../testing.js";
import type { Pad } from "./spec.js";

const examples: readonly Example<Pad>[] = [
  {
    name: "Pad by top 1, left 2",
    operator: { op: "Pad", pads: [1, 2, 0, 0] },
    shapes: [[1, 2, 1]],
    inputs: [[5, 6]],
    shape: [2, 4, 1],
    output: [0, 0, 0, 0, 0, 0, 5, 6],
    cotangent: [1, 2, 3, 4, 5, 6, 7, 8],
    gradients: [[7, 8]],
  },
];

export const testing: OperatorTesting<Pad> = { samples: examples, examples, cases: padCases() };

function padCases(): OperatorCase[] {
  const cases: OperatorCase[] = [];
  for (const pads of [
    [1, 1, 1, 1],
    [0, 2, 3, 1],
    [0, 0, 0, 0],
    [3, 0, 0, 0],
  ] as Pads[])
    cases.push(
      operatorCase(`pad/${pads}`, [3, 4, 5], (net, image) => net.add({ op: "Pad", pads }, image)),
      operatorCase(`pad/${pads} before conv`, [5, 4, 3], (net, image) =>
        net.conv(net.add({ op: "Pad", pads }, net.relu(net.conv(image, { filters: 5 }))), {
          filters: 4,
          strides: 2,
          pads: "valid",
        }),
      ),
    );
  return cases;
}
