import { describe, expect, it } from "vitest";
import { expectAgreement, type InputDims } from "./agree.js";
import { Fixture } from "./fixture.js";
import type { Attribute } from "./writer.js";

const VECTOR = ["N", 6] as const;
const IMAGE = ["N", 3, 4, 6] as const;
const BOTH = { engines: ["reference", "wasm"] } as const;

async function flattened(model: Fixture, value: string, options = {}): Promise<void> {
  const flat = model.node("Flatten", [value]);
  await expectAgreement(model.bytes(flat), model.options.input, { ...BOTH, ...options });
}

describe("Gemm", () => {
  const cases: [string, number[], number[] | undefined, Record<string, Attribute>][] = [
    ["plain", [6, 4], [4], {}],
    ["without C", [6, 4], undefined, {}],
    ["transB", [4, 6], [4], { transB: 1 }],
    ["alpha and beta", [6, 4], [4], { alpha: { float: 0.5 }, beta: { float: 2 } }],
    ["a number as C", [6, 4], [], {}],
    ["a matrix of one row as C", [6, 4], [1, 4], {}],
    ["one value as C", [6, 4], [1], {}],
    ["beta 0", [6, 4], [4], { beta: { float: 0 } }],
  ];
  it.each(cases)("%s", async (_, b, c, attributes) => {
    const model = new Fixture({ input: VECTOR });
    const inputs = [model.x, model.weights(b), ...(c ? [model.weights(c)] : [])];
    await expectAgreement(model.bytes(model.node("Gemm", inputs, attributes)), VECTOR, BOTH);
  });

  it("transA of what was turned before", async () => {
    const model = new Fixture({ input: VECTOR });
    const turned = model.node("Transpose", [model.x]);
    const y = model.node("Gemm", [turned, model.weights([6, 4]), model.weights([4])], { transA: 1 });
    await expectAgreement(model.bytes(y), VECTOR, BOTH);
  });

  it("of weights that are products of constants", async () => {
    const model = new Fixture({ input: VECTOR });
    const product = model.node("MatMul", [model.weights([6, 3]), model.weights([3, 4])]);
    const turned = model.node("Transpose", [product], { perm: [1, 0] });
    const scaled = model.node("Mul", [turned, model.floats([], [0.5])]);
    const y = model.node("Gemm", [model.x, model.node("Identity", [scaled])], { transB: 1 });
    await expectAgreement(model.bytes(y), VECTOR, BOTH);
  });
});

describe("MatMul with weights", () => {
  it("and Add of a bias, weights after a Reshape", async () => {
    const model = new Fixture({ input: VECTOR });
    const weights = model.node("Reshape", [model.weights([3, 2, 4]), model.int64s([6, 4])]);
    const y = model.node("Add", [model.node("MatMul", [model.x, weights]), model.weights([1, 4])]);
    await expectAgreement(model.bytes(y), VECTOR, BOTH);
  });

  it("along the last axis of an image", async () => {
    const model = new Fixture({ input: IMAGE });
    await flattened(model, model.node("MatMul", [model.x, model.weights([6, 5])]));
  });

  it("from the left", async () => {
    const model = new Fixture({ input: IMAGE });
    await flattened(model, model.node("MatMul", [model.weights([5, 4]), model.x]));
  });

  it("with leading axes of 1", async () => {
    const model = new Fixture({ input: IMAGE });
    await flattened(model, model.node("MatMul", [model.x, model.weights([1, 1, 6, 5])]));
  });

  it("by a vector", async () => {
    const model = new Fixture({ input: IMAGE });
    await flattened(model, model.node("MatMul", [model.x, model.weights([6])]));
  });
});

describe.each(["Softmax", "LogSoftmax"])("%s", (type) => {
  it.each([
    [7, undefined],
    [11, 1],
    [13, undefined],
    [13, 1],
    [13, -1],
  ] as const)("ends a network, opset %d, axis %s", async (opset, axis) => {
    const model = new Fixture({ input: VECTOR, opset });
    const attributes: Record<string, Attribute> = axis === undefined ? {} : { axis };
    const scores = model.node("Gemm", [model.x, model.weights([6, 4]), model.weights([4])]);
    const network = await expectAgreement(model.bytes(model.node(type, [scores], attributes)), VECTOR, BOTH);
    expect(network.strippedSoftmax).toBe(true);
  });

  it("ends a network with axes of 1 after it", async () => {
    const model = new Fixture({ input: IMAGE, opset: 11 });
    const pooled = model.node("GlobalAveragePool", [model.x]);
    const network = await expectAgreement(model.bytes(model.node(type, [pooled], { axis: 1 })), IMAGE, BOTH);
    expect(network.strippedSoftmax).toBe(true);
  });

  it.each([1, 2, 3])("inside, along axis %d", async (axis) => {
    const model = new Fixture({ input: IMAGE });
    const y = model.node(type, [model.x], { axis });
    const weighted = model.node("Mul", [y, model.weights([3, 4, 6])]);
    await flattened(model, weighted);
  });

  it("inside, over all axes after one, opset 11", async () => {
    const model = new Fixture({ input: IMAGE, opset: 11 });
    const y = model.node(type, [model.x], { axis: 2 });
    await flattened(model, model.node("Mul", [y, model.weights([3, 4, 6])]));
  });
});

describe("reductions", () => {
  const positive = { ...BOTH, range: [0.5, 2] as const };
  const types: [string, typeof BOTH | typeof positive][] = [
    ["ReduceMean", BOTH],
    ["ReduceSum", BOTH],
    ["ReduceMax", BOTH],
    ["ReduceMin", BOTH],
    ["ReduceL1", BOTH],
    ["ReduceL2", BOTH],
    ["ReduceSumSquare", BOTH],
    ["ReduceLogSum", positive],
    ["ReduceLogSumExp", BOTH],
  ];
  const axes: [string, number[], number][] = [
    ["rows and columns", [2, 3], 1],
    ["the same from the end, axes left out", [-1, -2], 0],
    ["channels", [1], 1],
    ["the last axis alone", [3], 0],
    ["channels and columns", [1, 3], 1],
  ];
  describe.each(types)("%s", (type, options) => {
    it.each(axes)("over %s", async (_, list, keepdims) => {
      // Axes became an input with opset 18, for sums with 13.
      for (const opset of [11, 18]) {
        const model = new Fixture({ input: IMAGE, opset });
        const y =
          opset === 11
            ? model.node(type, [model.x], { axes: list, keepdims })
            : model.node(type, [model.x, model.int64s(list)], { keepdims });
        await flattened(model, y, options);
      }
    });
  });

  it("ReduceSum without axes does nothing where it says so", async () => {
    const model = new Fixture({ input: IMAGE, opset: 13 });
    await flattened(model, model.node("ReduceSum", [model.x], { noop_with_empty_axes: 1 }));
  });

  it("ReduceMean over the batch is refused", async () => {
    const input: InputDims = [2, 3, 4, 6];
    const model = new Fixture({ input, opset: 13 });
    const y = model.node("ReduceMean", [model.x], { axes: [0], keepdims: 1 });
    await expect(flattened(model, y)).rejects.toThrow(/batch axis/);
  });
});
