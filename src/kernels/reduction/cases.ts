/** What reductions are tried on, whichever they are. */
import { type CaseNetwork, FEW_SIZES, type OperatorCase, operatorCase } from "../testing.js";
import type { ReducedAxes } from "./axes.js";

type Reduce = (net: CaseNetwork, attributes: ReducedAxes, value: string) => string;

/** @param name of the cases, and of their group */
export function reductionCases(name: string, reduce: Reduce): OperatorCase[] {
  return [...sizes(name, reduce), ...axes(name, reduce), ...networks(name, reduce)];
}

/** As many values and columns as tiles have, and one more and one less. */
function sizes(name: string, reduce: Reduce): OperatorCase[] {
  return FEW_SIZES.filter((n) => n > 1).flatMap((n) => [
    operatorCase(`${name}/${n} values in 3 columns`, [2, n, 3], (net, image) =>
      reduce(net, { axes: [1] }, net.conv(image, { filters: 3 })),
    ),
    operatorCase(`${name}/${n} columns of 3 values`, [2, 3, n], (net, image) =>
      reduce(net, { axes: [1] }, net.conv(image, { filters: n })),
    ),
    operatorCase(`${name}/rows of ${n}`, [3, 2, n], (net, image) =>
      reduce(net, { axes: [2] }, net.conv(image, { filters: n })),
    ),
  ]);
}

function axes(name: string, reduce: Reduce): OperatorCase[] {
  return [[0], [1], [2], [0, 1], [1, 2], [0, 1, 2]].map((list) =>
    operatorCase(`${name}/axes ${list} kept`, [3, 4, 5], (net, image) => {
      const value = net.conv(image, { filters: 5 });
      return net.add({ op: "Sub" }, value, reduce(net, { axes: list, keepdims: true }, value));
    }),
  );
}

/** Between values that let some cotangents through only, and among others that add to them. */
function networks(name: string, reduce: Reduce): OperatorCase[] {
  return [
    operatorCase(`${name}/of a relu, before one`, [3, 4, 2], (net, image) => {
      const value = reduce(net, { axes: [1] }, net.relu(net.conv(image, { filters: 6 })));
      return net.gemm(net.relu(net.gemm(value, 5)), 3);
    }),
    operatorCase(`${name}/then a relu`, [3, 4, 2], (net, image) =>
      net.relu(reduce(net, { axes: [0, 1] }, net.conv(image, { filters: 6 }))),
    ),
    operatorCase(`${name}/of all channels of a relu`, [4, 4, 2], (net, image) => {
      const value = net.relu(net.conv(image, { filters: 9 }));
      return net.add({ op: "Mul" }, value, reduce(net, { axes: [2], keepdims: true }, value));
    }),
    operatorCase(`${name}/twice`, [5, 4, 3], (net, image) => {
      const rows = reduce(net, { axes: [2] }, net.relu(net.conv(image, { filters: 4 })));
      return net.gemm(reduce(net, { axes: [0] }, rows), 4);
    }),
    operatorCase(`${name}/of a product of values`, [2, 4, 4], (net, image) => {
      const value = net.relu(net.conv(image, { filters: 4 }));
      return reduce(net, { axes: [1] }, net.add({ op: "MatMul" }, value, value));
    }),
  ];
}
