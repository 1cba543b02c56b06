import { type Example, type OperatorCase, type OperatorTesting, operatorCase } from "../../testing.js";
import type { Transpose } from "./spec.js";

const examples: readonly Example<Transpose>[] = [
  {
    name: "Transpose",
    operator: { op: "Transpose", perm: [2, 0, 1] },
    shapes: [[1, 2, 3]],
    inputs: [[1, 2, 3, 4, 5, 6]],
    shape: [3, 1, 2],
    output: [1, 4, 2, 5, 3, 6],
    cotangent: [1, 2, 3, 4, 5, 6],
    gradients: [[1, 3, 5, 2, 4, 6]],
  },
];

export const testing: OperatorTesting<Transpose> = { samples: examples, examples, cases: transposeCases() };

function transposeCases(): OperatorCase[] {
  const cases: OperatorCase[] = [];
  for (const perm of [
    [0, 1, 2],
    [0, 2, 1],
    [1, 0, 2],
    [1, 2, 0],
    [2, 0, 1],
    [2, 1, 0],
  ])
    cases.push(
      operatorCase(`transpose/${perm}`, [3, 4, 5], (net, image) =>
        net.relu(net.conv(net.add({ op: "Transpose", perm }, image), { filters: 3 })),
      ),
    );
  cases.push(
    operatorCase("transpose/of five axes, none joined", [6, 4, 4], (net, image) => {
      const value = net.add(
        { op: "Reshape", shape: [2, 3, 4, 2, 2] },
        net.relu(net.conv(image, { filters: 4 })),
      );
      return net.relu(net.gemm(net.add({ op: "Transpose", perm: [4, 3, 2, 1, 0] }, value), 3));
    }),
    operatorCase("transpose/of windows, beside what else reads them", [4, 6, 3], (net, image) => {
      const value = net.add({ op: "Reshape", shape: [2, 2, 2, 3, 3] }, image);
      const windows = net.add({ op: "Transpose", perm: [0, 2, 1, 3, 4] }, value);
      return net.add(
        { op: "Concat", axis: 0 },
        net.flatten(net.relu(net.gemm(windows, 2))),
        net.flatten(image),
      );
    }),
    operatorCase("transpose/of rows", [3, 7], (net, image) =>
      net.gemm(net.add({ op: "Transpose", perm: [1, 0] }, image), 4),
    ),
  );
  return cases;
}
