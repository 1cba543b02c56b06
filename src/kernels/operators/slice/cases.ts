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
  {
    name: "Slice: every second row, columns backwards",
    operator: { op: "Slice", starts: [0, 2], ends: [3, -1], steps: [2, -1] },
    shapes: [[3, 3]],
    inputs: [[1, 2, 3, 4, 5, 6, 7, 8, 9]],
    shape: [2, 3],
    output: [3, 2, 1, 9, 8, 7],
    cotangent: [10, 20, 30, 40, 50, 60],
    gradients: [[30, 20, 10, 0, 0, 0, 60, 50, 40]],
  },
];

export const testing: OperatorTesting<Slice> = {
  samples: examples,
  examples,
  cases: [...sliceCases(), ...steppedCases()],
};

/** Every n-th, backwards, and on more axes than are joined. */
function steppedCases(): OperatorCase[] {
  const slices: [number[], number[], number[]][] = [
    [
      [0, 1, 0],
      [4, 5, 5],
      [2, 2, 1],
    ],
    [
      [3, 0, 4],
      [-1, 5, -1],
      [-1, 1, -1],
    ],
    [
      [1, 4, 1],
      [4, 0, 5],
      [1, -3, 2],
    ],
    [
      [0, 4, 0],
      [4, -1, 5],
      [1, -1, 1],
    ],
  ];
  return [
    ...slices.flatMap(([starts, ends, steps]) => [
      operatorCase(`slice/${starts} to ${ends} by ${steps}`, [4, 5, 5], (net, image) =>
        net.add({ op: "Slice", starts, ends, steps }, image),
      ),
      operatorCase(`slice/${starts} to ${ends} by ${steps}, beside a conv`, [4, 5, 3], (net, image) => {
        const value = net.relu(net.conv(image, { filters: 5 }));
        const taken = net.relu(net.gemm(net.add({ op: "Slice", starts, ends, steps }, value), 3));
        return net.add(
          { op: "Concat", axis: 0 },
          net.flatten(taken),
          net.flatten(net.conv(value, { filters: 2 })),
        );
      }),
    ]),
    operatorCase("slice/of every second on five axes", [4, 6, 2], (net, image) => {
      const value = net.add({ op: "Reshape", shape: [2, 2, 3, 2, 2] }, image);
      return net.add(
        { op: "Slice", starts: [1, 0, 2, 1, 1], ends: [-1, 2, -1, -1, -1], steps: [-1, 1, -2, -1, -1] },
        value,
      );
    }),
  ];
}

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
