import type { Shape } from "../../node.js";
import { type OperatorCase, type OperatorTesting, operatorCase, SIZES } from "../../testing.js";
import type { Softmax } from "./spec.js";

export const testing: OperatorTesting<Softmax> = {
  samples: [
    { operator: { op: "Softmax" }, shapes: [[3, 4, 5]] },
    { operator: { op: "Softmax" }, shapes: [[7]] },
  ],
  examples: [
    {
      name: "Softmax of two rows",
      operator: { op: "Softmax" },
      shapes: [[2, 2]],
      inputs: [[0, Math.log(3), 1000, 1000]],
      shape: [2, 2],
      output: [0.25, 0.75, 0.5, 0.5],
      cotangent: [4, 8, 2, -2],
      // Means 7 and 0.
      gradients: [[0.25 * -3, 0.75 * 1, 1, -1]],
    },
  ],
  cases: [...sizes(), ...networks()],
};

/** Rows of every length, and of more than a workgroup has invocations. */
function sizes(): OperatorCase[] {
  const shapes: Shape[] = [...SIZES.filter((n) => n > 1).map((n) => [3, n]), [2, 3, 67], [131], [1, 4, 6]];
  return shapes.map((shape) =>
    operatorCase(`softmax/${shape.join("x")}`, shape, (net, image) => {
      const wide = net.add({ op: "Constant", shape: [1], data: Float32Array.of(4) });
      return net.add({ op: "Softmax" }, net.add({ op: "Mul" }, image, wide));
    }),
  );
}

/** Between values that let some cotangents through only, and among others that add to them. */
function networks(): OperatorCase[] {
  return [
    operatorCase("softmax/of a relu", [3, 4, 2], (net, image) =>
      net.conv(net.add({ op: "Softmax" }, net.relu(net.conv(image, { filters: 5 }))), { filters: 3 }),
    ),
    operatorCase("softmax/before a relu", [3, 4, 2], (net, image) => {
      const share = net.add({ op: "Softmax" }, net.conv(image, { filters: 5 }));
      const fifth = net.add({ op: "Constant", shape: [1], data: Float32Array.of(0.1875) });
      return net.conv(net.relu(net.add({ op: "Sub" }, share, fifth)), { filters: 3 });
    }),
    operatorCase("softmax/before a relu alone and a max-pool", [4, 4, 2], (net, image) => {
      const share = net.add({ op: "Softmax" }, net.relu(net.conv(image, { filters: 6 })));
      return net.pool(net.relu(share), "MaxPool", { kernel: 2, strides: 2 });
    }),
    operatorCase("softmax/as weights of what it is of", [3, 4, 2], (net, image) => {
      const value = net.relu(net.conv(image, { filters: 4 }));
      return net.add({ op: "Mul" }, value, net.add({ op: "Softmax" }, value));
    }),
    operatorCase("softmax/twice", [3, 4, 2], (net, image) =>
      net.add(
        { op: "Softmax" },
        net.conv(net.add({ op: "Softmax" }, net.conv(image, { filters: 7 })), { filters: 4 }),
      ),
    ),
  ];
}
