import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { isAbsent } from "../../src/kernels/absent.js";
import { facts } from "../../src/kernels/operators/facts.generated.js";
import { references } from "../../src/kernels/operators/references.generated.js";
import { testing } from "../../src/kernels/operators/testing.generated.js";
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

  test.each([...byOperator])("%s in the hand-written cases", (op, nodes) => {
    // Every n-th where there are thousands of them.
    const stride = Math.ceil(nodes.length / 150);
    let largest = 0;
    for (let i = 0; i < nodes.length; i += stride) largest = Math.max(largest, checkNode(nodes[i], i));
    if (testing[op].elementWise?.flat) expect(largest).toBe(0);
    else expect(largest).toBeGreaterThan(1000);
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

  test("every operator that reads a value is among them", () => {
    const expected = (Object.keys(facts) as OpName[]).filter(
      (op) => facts[op].inputs[1] > 0 && !isAbsent(references[op]),
    );
    expect([...byOperator.keys()].sort()).toEqual(expected.sort());
  });
});
