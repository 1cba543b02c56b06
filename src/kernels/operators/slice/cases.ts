import { type Example, type OperatorCase, type OperatorTesting, operatorCase } from "../../testing.js";
import type { Slice } from "./spec.js";

const examples: readonly Example<Slice>[] = [
  {
    name: "Slice",
    operator: { op: "Slice", starts: [1, 0], ends: [2, 2] },
    shapes: [[3, 3]],
    inputs: [[1, 2, 3, 4, 5, 6, 7, 8, 9]],
    shape: [1, 2],
    output: [4, 5],
    cotangent: [10, 20],
    gradients: [[0, 0, 0, 10, 20, 0, 0, 0, 0]],
  },
];

export const testing: OperatorTesting<Slice> = { samples: examples, examples, cases: sliceCases() };

function sliceCases(): OperatorCase[] {
  const cases: OperatorCase[] = [];
  const slices: [number[], number[]][] = [
    [
      [1, 1, 0],
      [3, 4, 5],
    ],
    [
      [0, 2, 1],
      [1, 3, 4],
    ],
    [
      [0, 0, 0],
      [4, 5, 5],
    ],
    [
      [3, 4, 4],
      [4, 5, 5],
    ],
  ];
  for (const [starts, ends] of slices)
    cases.push(
      operatorCase(`slice/${starts} to ${ends}`, [4, 5, 5], (net, image) =>
        net.add({ op: "Slice", starts, ends }, image),
      ),
      operatorCase(`slice/${starts} to ${ends} of a relu`, [4, 5, 3], (net, image) =>
        net.add({ op: "Slice", starts, ends }, net.relu(net.conv(image, { filters: 5 }))),
      ),
    );
  return cases;
}
