import { poolCases } from "../../pool_cases.js";
import { type Example, type OperatorCase, type OperatorTesting, operatorCase } from "../../testing.js";
import type { AveragePool } from "./spec.js";

const examples: readonly Example<AveragePool>[] = [
  {
    name: "AveragePool: padding is not counted",
    operator: { op: "AveragePool", kernel: [1, 2], strides: [1, 2], pads: [0, 0, 0, 1] },
    shapes: [[1, 3, 2]],
    inputs: [[2, 10, 4, 20, 6, 30]],
    shape: [1, 2, 2],
    output: [3, 15, 6, 30],
    cotangent: [1, 2, 3, 4],
    gradients: [[0.5, 1, 0.5, 1, 3, 4]],
  },
  {
    name: "AveragePool: padding is counted on the left alone, every second pixel",
    operator: {
      op: "AveragePool",
      kernel: [1, 2],
      strides: [1, 2],
      dilations: [1, 2],
      pads: [0, 1, 0, 1],
      countedPads: [0, 1, 0, 0],
    },
    shapes: [[1, 3, 1]],
    inputs: [[2, 4, 8]],
    shape: [1, 2, 1],
    // Taps at -1 and 1, and at 1 and 3, which does not count.
    output: [2, 4],
    cotangent: [1, 2],
    gradients: [[0, 2.5, 0]],
  },
];

export const testing: OperatorTesting<AveragePool> = {
  samples: examples,
  examples,
  cases: [...poolCases("AveragePool", "average_pool"), ...countingCases()],
};

/** All padding counts, some of it (the rest is what `ceil_mode` adds), and none. */
function countingCases(): OperatorCase[] {
  const windows: Omit<AveragePool, "op">[] = [
    { kernel: [3, 3], strides: [1, 1], pads: [1, 1, 1, 1], countedPads: [1, 1, 1, 1] },
    { kernel: [3, 2], strides: [2, 2], pads: [1, 0, 2, 1], countedPads: [1, 0, 1, 0] },
    { kernel: [2, 3], strides: [1, 2], dilations: [2, 1], pads: [1, 2, 2, 2], countedPads: [0, 2, 2, 1] },
    { kernel: [3, 3], strides: [2, 3], pads: [2, 2, 2, 2], countedPads: [0, 0, 0, 0] },
  ];
  return windows.map((window) =>
    operatorCase(
      `average_pool/counts ${window.countedPads} of ${window.pads}, kernel ${window.kernel}`,
      [7, 6, 3],
      (net, image) =>
        net.relu(net.add({ op: "AveragePool", ...window }, net.relu(net.conv(image, { filters: 5 })))),
    ),
  );
}
