import { reductionCases } from "../../reduction/cases.js";
import { type OperatorTesting, operatorCase } from "../../testing.js";
import type { ReduceMax } from "./spec.js";

const op = "ReduceMax";

export const testing: OperatorTesting<ReduceMax> = {
  samples: [
    { operator: { op, axes: [1] }, shapes: [[3, 4, 5]] },
    { operator: { op, axes: [1, 2], keepdims: true }, shapes: [[2, 3, 4]] },
    { operator: { op, axes: [0] }, shapes: [[7]] },
  ],
  examples: [
    {
      name: "ReduceMax of rows, the first of the equal",
      operator: { op, axes: [1], keepdims: true },
      shapes: [[2, 3]],
      inputs: [[1, 2, 2, -3, -1, -1]],
      shape: [2, 1],
      output: [2, -1],
      cotangent: [4, 8],
      gradients: [[0, 4, 0, 0, 8, 0]],
    },
  ],
  cases: [
    ...reductionCases("reduce_max", (net, attributes, value) => net.add({ op, ...attributes }, value)),
    operatorCase("reduce_max/of a relu that a conv made, over its rows", [4, 5, 2], (net, image) => {
      const value = net.relu(net.conv(image, { filters: 5 }));
      return net.gemm(net.add({ op, axes: [0, 1] }, value), 4);
    }),
    operatorCase("reduce_max/beside a conv", [4, 5, 2], (net, image) => {
      const value = net.relu(net.conv(image, { filters: 5 }));
      const most = net.add({ op, axes: [0], keepdims: true }, value);
      return net.add({ op: "Concat", axis: 0 }, net.conv(value, { filters: 5 }), most);
    }),
    operatorCase(
      "reduce_max/as scores",
      [4, 5, 2],
      (net, image) => net.add({ op, axes: [0, 1] }, net.relu(net.conv(image, { filters: 5 }))),
      null,
    ),
  ],
};
