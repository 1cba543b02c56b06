import {
  type Example,
  FEW_SIZES,
  type OperatorCase,
  type OperatorTesting,
  operatorCase,
  SIZES,
} from "../../testing.js";
import type { Gemm } from "./spec.js";

const examples: readonly Example<Gemm>[] = [
  {
    name: "Gemm on two rows",
    operator: {
      op: "Gemm",
      units: 2,
      weights: Float32Array.of(1, 2, 3, 4, 5, 6),
      bias: Float32Array.of(100, 200),
    },
    shapes: [[2, 3]],
    inputs: [[1, 1, 1, 1, 0, -1]],
    shape: [2, 2],
    output: [109, 212, 96, 196],
    cotangent: [1, 0, 0, 1],
    gradients: [[1, 3, 5, 2, 4, 6]],
  },
];

export const testing: OperatorTesting<Gemm> = { samples: examples, examples, cases: gemmCases() };

function gemmCases(): OperatorCase[] {
  const cases: OperatorCase[] = [];
  for (const inputs of SIZES)
    for (const units of FEW_SIZES)
      cases.push(
        operatorCase(`gemm/masked ${inputs}->${units}`, [inputs], (net, image) =>
          net.relu(net.gemm(net.relu(net.gemm(image, inputs)), units)),
        ),
      );
  for (const units of [2, 3, 4, 5, 8, 9, 11, 19])
    cases.push(
      operatorCase(`gemm/${units} classes`, [6], (net, image) => net.gemm(image, units, units !== 8), null),
      operatorCase(`gemm/on ${units} pixels`, [units, 2, 3], (net, image) => net.relu(net.gemm(image, 5))),
    );
  cases.push(
    operatorCase("gemm/on rows", [4, 3], (net, image) => net.gemm(net.relu(net.gemm(image, 5, false)), 2)),
  );
  return cases;
}
