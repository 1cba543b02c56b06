import { type Example, type OperatorCase, type OperatorTesting, operatorCase } from "../../testing.js";
import type { Gather } from "./spec.js";

const examples: readonly Example<Gather>[] = [
  {
    name: "Gather of columns, one of them twice",
    operator: { op: "Gather", axis: 1, indices: [2, 0, 2] },
    shapes: [[2, 3]],
    inputs: [[1, 2, 3, 4, 5, 6]],
    shape: [2, 3],
    output: [3, 1, 3, 6, 4, 6],
    cotangent: [1, 2, 4, 8, 16, 32],
    gradients: [[2, 0, 5, 16, 0, 40]],
  },
];

export const testing: OperatorTesting<Gather> = { samples: examples, examples, cases: gatherCases() };

function gatherCases(): OperatorCase[] {
  const picked: [number, number[]][] = [
    [0, [2, 0, 1, 2]],
    [1, [3]],
    [1, [4, 3, 2, 1, 0]],
    [2, [1, 1, 1, 0]],
    [2, [0, 2, 4, 1, 3]],
  ];
  return picked.flatMap(([axis, indices]) => [
    operatorCase(`gather/axis ${axis} by ${indices}`, [3, 5, 5], (net, image) =>
      net.relu(net.conv(net.add({ op: "Gather", axis, indices }, image), { filters: 4 })),
    ),
    operatorCase(`gather/axis ${axis} by ${indices}, of a relu and beside it`, [3, 5, 2], (net, image) => {
      const value = net.relu(net.conv(image, { filters: 5 }));
      const taken = net.add({ op: "Gather", axis, indices }, value);
      return net.add(
        { op: "Concat", axis: 0 },
        net.flatten(net.relu(net.gemm(taken, 3))),
        net.flatten(value),
      );
    }),
  ]);
}
