import { type Example, type OperatorCase, type OperatorTesting, operatorCase, SIZES } from "../../testing.js";
import type { BatchNormalization } from "./spec.js";

const examples: readonly Example<BatchNormalization>[] = [
  {
    name: "BatchNormalization",
    operator: {
      ...{
        op: "BatchNormalization",
        scale: Float32Array.of(2, 3),
        bias: Float32Array.of(1, -1),
        mean: Float32Array.of(1, 2),
      },
      ...{ variance: Float32Array.of(3.75, 0), epsilon: 0.25 },
    } as BatchNormalization,
    shapes: [[2, 2]],
    inputs: [[3, 4, 1, 1]],
    shape: [2, 2],
    output: [3, 11, 1, -7],
    cotangent: [1, 1, -2, 0],
    gradients: [[1, 6, -2, 0]],
  },
];

export const testing: OperatorTesting<BatchNormalization> = {
  samples: examples,
  examples,
  cases: normalizationCases(),
};

function normalizationCases(): OperatorCase[] {
  const cases = SIZES.flatMap((channels) => [
    operatorCase(`batch_normalization/after conv ${channels}`, [3, 4, 2], (net, image) =>
      net.relu(net.batchNormalization(net.conv(image, { filters: channels, bias: channels % 2 === 0 }))),
    ),
    operatorCase(`batch_normalization/alone ${channels}`, [3, 5, channels], (net, image) =>
      net.relu(net.batchNormalization(image)),
    ),
  ]);
  cases.push(
    operatorCase("batch_normalization/before padded conv", [4, 5, 3], (net, image) =>
      net.conv(net.batchNormalization(image), { filters: 4 }),
    ),
    operatorCase("batch_normalization/after depthwise", [4, 5, 3], (net, image) =>
      net.relu(net.batchNormalization(net.conv(image, { filters: 6, groups: 3 }))),
    ),
    operatorCase("batch_normalization/after gemm", [7], (net, image) =>
      net.relu(net.batchNormalization(net.gemm(image, 9))),
    ),
    operatorCase("batch_normalization/of a value that is read twice", [4, 4, 3], (net, image) => {
      const shared = net.conv(image, { filters: 3 });
      return net.add({ op: "Add" }, net.relu(net.batchNormalization(shared)), shared);
    }),
  );
  return cases;
}
