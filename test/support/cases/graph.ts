import { type OperatorCase, operatorCase } from "../../../src/kernels/testing.js";

/** Cases where not one operator but the shape of the graph is at stake. */
export function graphCases(): OperatorCase[] {
  return [
    operatorCase("graph/one dense layer", [7], (net, image) => net.gemm(image, 4), null),
    operatorCase("graph/scores are the image", [5], (_net, image) => image, null),
    operatorCase(
      "graph/scores are 1x1xC",
      [3, 3, 2],
      (net, image) => net.conv(image, { filters: 6, kernel: 3, pads: "valid" }),
      null,
    ),
    operatorCase(
      "graph/scores end in a relu",
      [3, 4, 2],
      (net, image) =>
        net.add({ op: "GlobalAveragePool" }, net.relu(net.conv(image, { filters: 6, kernel: 1 }))),
      null,
    ),
    operatorCase(
      "graph/final softmax",
      [3, 4, 2],
      (net, image) =>
        net.add({ op: "Softmax" }, net.gemm(net.flatten(net.relu(net.conv(image, { filters: 3 }))), 4)),
      null,
    ),
    operatorCase("graph/relu is read by a conv and a sum", [4, 5, 3], (net, image) => {
      const live = net.relu(net.conv(image, { filters: 5 }));
      return net.relu(net.add({ op: "Add" }, net.conv(live, { filters: 5 }), live));
    }),
    operatorCase("graph/value is read by a relu and a sum", [4, 5, 3], (net, image) => {
      const sum = net.conv(image, { filters: 5 });
      return net.add({ op: "Add" }, net.conv(net.relu(sum), { filters: 5 }), sum);
    }),
    operatorCase("graph/residual tower", [6, 5, 3], (net, image) => {
      let value = net.relu(net.conv(image, { filters: 4 }));
      for (let block = 0; block < 3; block++) {
        const strides = block === 1 ? 2 : 1;
        const inner = net.relu(net.conv(value, { filters: 4, strides }));
        const shortcut =
          strides === 2 ? net.conv(value, { filters: 4, kernel: 1, strides, bias: false }) : value;
        value = net.relu(net.add({ op: "Add" }, net.conv(inner, { filters: 4 }), shortcut));
      }
      return net.add({ op: "GlobalAveragePool" }, value);
    }),
    operatorCase("graph/inverted residual", [5, 5, 3], (net, image) => {
      const narrow = net.conv(image, { filters: 4 });
      const wide = net.add({ op: "Clip", min: 0, max: 6 }, net.conv(narrow, { filters: 12, kernel: 1 }));
      const deep = net.add({ op: "Clip", min: 0, max: 6 }, net.conv(wide, { filters: 12, groups: 12 }));
      return net.add({ op: "Add" }, narrow, net.conv(deep, { filters: 4, kernel: 1 }));
    }),
    operatorCase("graph/value is read four times", [3, 4, 3], (net, image) => {
      const value = net.relu(net.conv(image, { filters: 3 }));
      const product = net.add({ op: "Mul" }, value, net.add({ op: "Sigmoid" }, value));
      return net.add({ op: "Concat", axis: 2 }, value, product, net.conv(value, { filters: 2 }));
    }),
    operatorCase("graph/image is read by three branches", [3, 4, 3], (net, image) => {
      const branches = [net.conv(image, { filters: 3 }), net.add({ op: "Tanh" }, image), image];
      return net.relu(net.add({ op: "Add" }, ...branches));
    }),
    operatorCase("graph/relu of a relu", [3, 4, 3], (net, image) =>
      net.conv(net.relu(net.relu(net.conv(image, { filters: 5 }))), { filters: 3 }),
    ),
    operatorCase("graph/relu, max pool, relu", [5, 4, 3], (net, image) =>
      net.relu(
        net.pool(net.relu(net.conv(image, { filters: 5 })), "MaxPool", {
          kernel: 2,
          strides: 2,
          pads: "same",
        }),
      ),
    ),
    operatorCase("graph/everything is dead", [3, 4, 3], (net, image) => {
      const off = net.add({ op: "Constant", shape: [1], data: Float32Array.of(-1000) });
      return net.relu(
        net.conv(net.relu(net.add({ op: "Add" }, net.conv(image, { filters: 5 }), off)), {
          filters: 3,
          bias: false,
        }),
      );
    }),
    operatorCase("graph/constants meet before the image", [3, 4, 3], (net, image) => {
      const product = net.add({ op: "Mul" }, net.constant([3]), net.constant([4, 1]));
      return net.add({ op: "Sub" }, image, net.relu(product));
    }),
    operatorCase("graph/node that nothing reads", [3, 4, 3], (net, image) => {
      net.relu(net.conv(image, { filters: 2 }));
      return net.conv(image, { filters: 4 });
    }),
  ];
}
