import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { referenceOperator } from "../../src/kernels/reference.js";
import { buildNetwork } from "../../src/network/build.js";
import type { Node, OpName } from "../../src/network/spec.js";
import { compareWithDifferences } from "../support/central_differences.js";
import { operatorCases, randomNetwork } from "../support/random_network.js";

/** Checks one node and returns the largest slope seen, to show that the comparison had something to compare. */
function checkNode(node: Node, seed: number): number {
  let largest = 0;
  for (const { input, vjp, differences, bound } of compareWithDifferences(node, seed)) {
    expect(
      Math.abs(vjp - differences),
      `${node.op} ${JSON.stringify(node.inputShapes)}, input ${input}, seed ${seed}`,
    ).toBeLessThanOrEqual(bound);
    largest = Math.max(largest, Math.abs(differences) / bound);
  }
  return largest;
}

describe("vjp against central differences of the forward", () => {
  const byOperator = new Map<OpName, Node[]>();
  for (const { spec } of operatorCases())
    for (const node of buildNetwork(spec).nodes)
      if (node.inputs.length > 0) byOperator.set(node.op, [...(byOperator.get(node.op) ?? []), node]);

  test.each([...byOperator])("%s in the hand-written cases", (_op, nodes) => {
    // Every n-th where there are thousands of them.
    const stride = Math.ceil(nodes.length / 150);
    let largest = 0;
    for (let i = 0; i < nodes.length; i += stride) largest = Math.max(largest, checkNode(nodes[i], i));
    expect(largest).toBeGreaterThan(1000);
  });

  test("nodes of random networks", () => {
    fc.assert(
      fc.property(fc.nat(), fc.nat(), (networkSeed, seed) => {
        const nodes = buildNetwork(randomNetwork(networkSeed)).nodes.filter((node) => node.inputs.length > 0);
        checkNode(nodes[seed % nodes.length], seed);
      }),
      { numRuns: 300 },
    );
  });

  test("every operator but Constant and Softmax is among them", () => {
    const ops: OpName[] = ["Conv", "Gemm", "BatchNormalization", "Relu", "Clip", "LeakyRelu", "PRelu"];
    ops.push("ThresholdedRelu", "Elu", "Selu", "Sigmoid", "Tanh", "Softplus", "Softsign", "Mish", "Swish");
    ops.push("HardSwish", "HardSigmoid", "Gelu", "MaxPool", "AveragePool", "GlobalAveragePool");
    ops.push("GlobalMaxPool", "Add", "Sub", "Mul", "Concat", "Pad", "Slice", "Resize", "Flatten", "Reshape");
    ops.push("Transpose", "Identity");
    expect([...byOperator.keys()].sort()).toEqual(ops.sort());
    expect(referenceOperator("Softmax")).toBeUndefined();
  });
});
