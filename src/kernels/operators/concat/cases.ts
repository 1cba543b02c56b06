import { type Example, type OperatorCase, type OperatorTesting, operatorCase, SIZES } from "../../testing.js";
import type { Concat } from "./spec.js";

const examples: readonly Example<Concat>[] = [
  {
    name: "Concat along channels",
    operator: { op: "Concat", axis: 1 },
    shapes: [
      [2, 2],
      [2, 1],
    ],
    inputs: [
      [1, 2, 3, 4],
      [10, 20],
    ],
    shape: [2, 3],
    output: [1, 2, 10, 3, 4, 20],
    cotangent: [1, 2, 3, 4, 5, 6],
    gradients: [
      [1, 2, 4, 5],
      [3, 6],
    ],
  },
];

export const testing: OperatorTesting<Concat> = { samples: examples, examples, cases: concatCases() };

function concatCases(): OperatorCase[] {
  const cases = SIZES.map((channels) =>
    operatorCase(`concat/${channels} and 3 and ${channels + 1} channels`, [3, 4, 2], (net, image) => {
      const parts = [channels, 3, channels + 1].map((filters) =>
        net.relu(net.conv(image, { filters, kernel: 1 })),
      );
      return net.relu(net.conv(net.add({ op: "Concat", axis: 2 }, ...parts), { filters: 4 }));
    }),
  );
  for (const axis of [0, 1, 2])
    cases.push(
      operatorCase(`concat/axis ${axis}`, [3, 4, 5], (net, image) =>
        net.add({ op: "Concat", axis }, image, net.relu(net.conv(image, { filters: 5 })), image),
      ),
    );
  cases.push(
    operatorCase("concat/vectors", [7], (net, image) =>
      net.add({ op: "Concat", axis: 0 }, net.relu(net.gemm(image, 5)), image, net.gemm(image, 1)),
    ),
    operatorCase("concat/of flattened pixels", [3, 4, 2], (net, image) => {
      const [a, b] = [3, 2].map((filters) => net.flatten(net.relu(net.conv(image, { filters }))));
      return net.relu(net.gemm(net.add({ op: "Concat", axis: 0 }, a, b), 5));
    }),
    operatorCase("concat/of flattened pixels, winners", [4, 4, 2], (net, image) => {
      const rows = [3, 2].map((filters) =>
        net.add({ op: "Reshape", shape: [1, 2, 8 * filters] }, net.relu(net.conv(image, { filters }))),
      );
      return net.pool(net.add({ op: "Concat", axis: 2 }, ...rows), "MaxPool", { kernel: [1, 2] });
    }),
    operatorCase("concat/of one", [3, 4, 5], (net, image) => net.add({ op: "Concat", axis: 1 }, image)),
  );
  return cases;
}
