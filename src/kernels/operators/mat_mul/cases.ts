import type { Shape } from "../../node.js";
import {
  type CaseNetwork,
  FEW_SIZES,
  type OperatorCase,
  type OperatorTesting,
  operatorCase,
} from "../../testing.js";
import type { MatMul } from "./spec.js";

/** An axis beyond a panel of columns. */
const LONG = 19;

export const testing: OperatorTesting<MatMul> = {
  samples: [
    {
      operator: { op: "MatMul" },
      shapes: [
        [2, 3, 5],
        [2, 5, 4],
      ],
    },
    {
      operator: { op: "MatMul", transposeB: true },
      shapes: [
        [7, 3],
        [5, 3],
      ],
    },
    {
      operator: { op: "MatMul" },
      shapes: [
        [3, 4, 2],
        [2, 6],
      ],
    },
    {
      operator: { op: "MatMul", transposeB: true },
      shapes: [
        [4, 3],
        [2, 1, 5, 3],
      ],
    },
  ],
  examples: [
    {
      name: "MatMul of two by two",
      operator: { op: "MatMul" },
      shapes: [
        [2, 2],
        [2, 2],
      ],
      inputs: [
        [1, 2, 3, 4],
        [5, 6, 7, 8],
      ],
      shape: [2, 2],
      output: [19, 22, 43, 50],
      cotangent: [1, 0, 0, 2],
      gradients: [
        [5, 7, 12, 16],
        [1, 6, 2, 8],
      ],
    },
    {
      name: "MatMul of two heads with one matrix, transposed",
      operator: { op: "MatMul", transposeB: true },
      shapes: [
        [2, 1, 2],
        [3, 2],
      ],
      inputs: [
        [1, 2, 3, 4],
        [1, 0, 0, 1, 1, 1],
      ],
      shape: [2, 1, 3],
      output: [1, 2, 3, 3, 4, 7],
      cotangent: [1, 1, 1, 0, 1, 2],
      gradients: [
        [2, 2, 2, 3],
        [1, 2, 1 + 3, 2 + 4, 1 + 6, 2 + 8],
      ],
    },
  ],
  cases: [...sizes(), ...networks()],
};

/** The image by a product of it, every axis of either as long as tiles are. */
function sizes(): OperatorCase[] {
  const cases: OperatorCase[] = [];
  for (const transposeB of [false, true])
    for (const n of [...FEW_SIZES, LONG])
      for (const [rows, depth, columns] of [
        [n, 3, 5],
        [5, n, 3],
        [3, 5, n],
      ]) {
        const name = `mat_mul/${transposeB ? "transposed " : ""}${rows}x${depth}x${columns}`;
        cases.push(
          operatorCase(name, [2, rows, depth], (net, image) => {
            const other = valueLike(net, image, transposeB ? [2, columns, depth] : [2, depth, columns]);
            return net.add({ op: "MatMul", transposeB }, image, other);
          }),
        );
      }
  return cases;
}

/** A value of that shape which depends on the image. */
function valueLike(net: CaseNetwork, image: string, shape: Shape): string {
  const made = net.gemm(
    net.flatten(image),
    shape.reduce((product, n) => product * n, 1),
  );
  return net.add({ op: "Reshape", shape }, made);
}

function networks(): OperatorCase[] {
  /** Attention of two heads over five tokens, beside which they pass. */
  const attention = (net: CaseNetwork, image: string): string => {
    const heads = (x: string) =>
      net.add({ op: "Transpose", perm: [1, 0, 2] }, net.add({ op: "Reshape", shape: [5, 2, 4] }, x));
    const joint = net.gemm(image, 24);
    const [q, k, v] = [0, 8, 16].map((first) =>
      heads(net.add({ op: "Slice", starts: [0, first], ends: [5, first + 8] }, joint)),
    );
    const scores = net.add({ op: "MatMul", transposeB: true }, q, k);
    const mean = net.add({ op: "MatMul" }, net.add({ op: "Softmax" }, scores), v);
    const turned = net.add({ op: "Transpose", perm: [1, 0, 2] }, mean);
    return net.add({ op: "Add" }, net.gemm(net.add({ op: "Reshape", shape: [5, 8] }, turned), 6), image);
  };
  return [
    operatorCase("mat_mul/attention of two heads", [5, 6], (net, image) => {
      const heads = (x: string) =>
        net.add({ op: "Transpose", perm: [1, 0, 2] }, net.add({ op: "Reshape", shape: [5, 2, 4] }, x));
      const [q, k, v] = [8, 8, 8].map((units) => heads(net.gemm(image, units)));
      const weights = net.add({ op: "Softmax" }, net.add({ op: "MatMul", transposeB: true }, q, k));
      const mean = net.add({ op: "MatMul" }, weights, v);
      return net.gemm(
        net.add({ op: "Reshape", shape: [5, 8] }, net.add({ op: "Transpose", perm: [1, 0, 2] }, mean)),
        3,
      );
    }),
    operatorCase("mat_mul/attention of which one token is read, normalised", [5, 6], (net, image) => {
      const normal = net.add({ op: "LayerNormalization", epsilon: 0.01 }, attention(net, image));
      return net.add({ op: "Gather", axis: 0, indices: [3] }, net.gemm(normal, 6));
    }),
    operatorCase("mat_mul/attention of which one token is read, with a branch", [5, 6], (net, image) => {
      const trunk = attention(net, image);
      const branch = net.gemm(net.add({ op: "Gelu", approximate: "none" }, net.gemm(trunk, 9)), 6);
      return net.add({ op: "Gather", axis: 0, indices: [3] }, net.add({ op: "Add" }, branch, trunk));
    }),
    operatorCase("mat_mul/of relus, before a relu", [3, 4, 2], (net, image) => {
      const [a, b] = [5, 5].map((filters) => net.relu(net.conv(image, { filters })));
      return net.conv(net.relu(net.add({ op: "MatMul", transposeB: true }, a, b)), { filters: 3 });
    }),
    operatorCase("mat_mul/of a value with itself", [4, 3], (net, image) => {
      const value = net.relu(net.gemm(image, 5));
      return net.add({ op: "MatMul", transposeB: true }, value, value);
    }),
    operatorCase("mat_mul/of a square value with itself", [2, 3, 3], (net, image) =>
      net.add({ op: "MatMul" }, net.conv(image, { filters: 3 }), net.conv(image, { filters: 3 })),
    ),
    operatorCase("mat_mul/with one matrix for all rows of an image", [3, 4, 2], (net, image) => {
      const matrix = net.relu(valueLike(net, image, [1, 2, 5]));
      return net.add({ op: "MatMul" }, net.relu(net.conv(image, { filters: 2 })), matrix);
    }),
    operatorCase("mat_mul/of one matrix with each of three", [3, 4, 2], (net, image) =>
      net.add({ op: "MatMul", transposeB: true }, net.relu(valueLike(net, image, [5, 2])), image),
    ),
    operatorCase("mat_mul/with a constant on either side", [3, 4, 5], (net, image) => {
      const left = net.add({ op: "MatMul" }, net.constant([3, 6, 4]), net.relu(image));
      return net.add({ op: "MatMul", transposeB: true }, left, net.constant([7, 5]));
    }),
    operatorCase("mat_mul/beside what else adds to its operands", [3, 4, 4], (net, image) => {
      const value = net.relu(net.conv(image, { filters: 4 }));
      const product = net.add(
        { op: "MatMul" },
        value,
        net.add({ op: "MatMul", transposeB: true }, value, image),
      );
      return net.add({ op: "Concat", axis: 2 }, value, product);
    }),
  ];
}
