import type { Shape } from "../../node.js";
import {
  type CaseNetwork,
  type OperatorCase,
  type OperatorTesting,
  operatorCase,
  SIZES,
} from "../../testing.js";
import type { Div } from "./spec.js";

const examples: OperatorTesting<Div>["examples"] = [
  {
    name: "Div of a column by a row",
    operator: { op: "Div" },
    shapes: [[2, 1], [2]],
    inputs: [
      [8, -6],
      [2, 4],
    ],
    shape: [2, 2],
    output: [4, 2, -3, -1.5],
    cotangent: [1, 2, 0, 4],
    gradients: [
      [1 / 2 + 2 / 4, 4 / 4],
      [-8 / 4, (-2 * 8 + 4 * 6) / 16],
    ],
  },
];

export const testing: OperatorTesting<Div> = {
  samples: examples,
  examples,
  cases: [...constantCases(), ...valueCases()],
  domain: (input) => (input === 0 ? [-4, 4] : [1.5, 4]),
};

/** A divisor between 1/2 and 3/2 of either sign, on the grid of the cases. */
function divisor(net: CaseNetwork, shape: Shape): string {
  const weights = net.weights(
    shape.reduce((a, b) => a * b, 1),
    1,
  );
  return net.add({
    op: "Constant",
    shape,
    data: weights.map((w) => Math.sign(w || 1) * (0.5 + Math.abs(w))),
  });
}

/** A value of the image between 1/2 and 3/2. */
function positive(net: CaseNetwork, from: string): string {
  const half = net.add({ op: "Constant", shape: [1], data: Float32Array.of(0.5) });
  return net.add({ op: "Add" }, net.add({ op: "Sigmoid" }, from), half);
}

function constantCases(): OperatorCase[] {
  const shapes: Shape[] = [[5], [1], [1, 1, 5], [3, 1, 1], [1, 4, 1], [4, 5], [3, 4, 1], [3, 4, 5]];
  return [
    ...shapes.map((shape) =>
      operatorCase(`arithmetic/Div by constant ${shape.join("x")}`, [3, 4, 5], (net, image) =>
        net.relu(net.add({ op: "Div" }, image, divisor(net, shape))),
      ),
    ),
    ...shapes.map((shape) =>
      operatorCase(`arithmetic/Div of constant ${shape.join("x")}`, [3, 4, 5], (net, image) =>
        net.add({ op: "Div" }, net.constant(shape), positive(net, image)),
      ),
    ),
    operatorCase("arithmetic/Div folded into a conv", [3, 4, 5], (net, image) =>
      net.relu(net.add({ op: "Div" }, net.conv(image, { filters: 4 }), divisor(net, [4]))),
    ),
  ];
}

function valueCases(): OperatorCase[] {
  return [
    ...SIZES.map((channels) =>
      operatorCase(`arithmetic/Div branches ${channels}`, [3, 4, 2], (net, image) => {
        const left = net.relu(net.conv(image, { filters: channels }));
        const right = positive(net, net.conv(image, { filters: channels, kernel: 1 }));
        return net.relu(net.add({ op: "Div" }, left, right));
      }),
    ),
    operatorCase("arithmetic/Div of a value by itself and more", [3, 4, 5], (net, image) => {
      const value = positive(net, image);
      return net.add({ op: "Div" }, value, net.add({ op: "Add" }, value, value));
    }),
    operatorCase("arithmetic/Div broadcasts both", [3, 4, 5], (net, image) => {
      const column = net.add({ op: "Slice", starts: [0, 1, 0], ends: [3, 2, 5] }, image);
      const row = net.add({ op: "Slice", starts: [2, 0, 1], ends: [3, 4, 2] }, image);
      return net.relu(net.add({ op: "Div" }, column, positive(net, row)));
    }),
    operatorCase("arithmetic/Div by a vector of the image", [3, 4, 5], (net, image) => {
      const pooled = net.add({ op: "GlobalAveragePool" }, image);
      return net.add({ op: "Div" }, image, positive(net, net.gemm(pooled, 5)));
    }),
  ];
}
