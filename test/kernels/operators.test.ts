import { describe, expect, test } from "vitest";
import { isAbsent } from "../../src/kernels/absent.js";
import { facts } from "../../src/kernels/operators/facts.generated.js";
import { float32 } from "../../src/kernels/operators/float32.generated.js";
import { referenceOf } from "../../src/kernels/operators/reference_of.js";
import { references } from "../../src/kernels/operators/references.generated.js";
import { testing } from "../../src/kernels/operators/testing.generated.js";
import { tfjs } from "../../src/kernels/operators/tfjs.generated.js";
import { wasm } from "../../src/kernels/operators/wasm.generated.js";
import { webgpu } from "../../src/kernels/operators/webgpu.generated.js";
import type { Example } from "../../src/kernels/testing.js";
import { type Operator, type OpName, sizeOf } from "../../src/network/spec.js";
import { expectValues } from "../support/expect_values.js";
import { singleNode } from "../support/single_node.js";

const OPERATORS = Object.keys(facts) as OpName[];
const examples = OPERATORS.flatMap((op) => testing[op].examples as readonly Example<Operator>[]);

describe("examples worked by hand", () => {
  test.each(examples)("$name", ({ operator, shapes, inputs, shape, output, cotangent, gradients }) => {
    const node = singleNode(operator, ...shapes);
    expect(node.shape).toEqual(shape);
    const reference = referenceOf(operator.op)!;
    const arrays = inputs.map((values) => Float64Array.from(values));
    const result = reference.forward(node, arrays);
    expectValues(result, output);
    const vjp = reference.vjp(node, arrays, result, Float64Array.from(cotangent));
    expect(vjp.length).toBe(gradients.length);
    gradients.forEach((expected, j) => {
      expectValues(vjp[j], expected);
    });
  });
});

describe.each(OPERATORS)("%s", (op) => {
  test("has a reference wherever an engine has kernels, and kernels wherever it has a reference", () => {
    const known = !isAbsent(references[op]);
    expect(facts[op].missing === undefined).toBe(known);
    expect(isAbsent(tfjs[op])).toBe(!known);
    expect(isAbsent(float32[op])).toBe(!known);
    // Of what is only another name, `fuse` leaves no step.
    expect(isAbsent(wasm[op])).toBe(!known || facts[op].reshapes);
    expect(isAbsent(webgpu[op])).toBe(!known || facts[op].reshapes);
  });

  test("comes with hand-worked examples and with cases for every suite", () => {
    if (isAbsent(references[op])) return;
    expect(testing[op].examples.length).toBeGreaterThan(0);
    expect(testing[op].samples.length).toBeGreaterThan(0);
    expect(testing[op].cases.length).toBeGreaterThan(0);
  });

  test("keeps NaN", () => {
    for (const { operator, shapes } of testing[op].samples) {
      if (shapes.length === 0) continue;
      const node = singleNode(operator as Operator, ...shapes);
      const inputs = node.inputShapes.map((shape) => new Float64Array(sizeOf(shape)).fill(Number.NaN));
      expect(referenceOf(op)!.forward(node, inputs).some(Number.isNaN)).toBe(true);
    }
  });
});
