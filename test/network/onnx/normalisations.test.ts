import { describe, expect, it } from "vitest";
import { createReferenceEngine, logits64 } from "../../../src/engines/reference.js";
import { createWasmEngine } from "../../../src/engines/wasm/engine.js";
import { buildNetwork } from "../../../src/network/build.js";
import { openModel } from "../../../src/network/import/open_model.js";
import { resolveInput } from "../../../src/network/input.js";
import { expectAgreement } from "./agree.js";
import { Fixture } from "./fixture.js";
import type { Attribute } from "./writer.js";

const IMAGE = ["N", 4, 3, 5] as const;
const BOTH = { engines: ["reference", "wasm"] } as const;

async function flattened(model: Fixture, value: string, options = {}): Promise<void> {
  const flat = model.node("Flatten", [value]);
  await expectAgreement(model.bytes(flat), model.options.input, { ...BOTH, ...options });
}

describe("LayerNormalization", () => {
  it.each([
    ["the last axis", -1, [5]],
    ["the last two", 2, [3, 5]],
    ["all but the batch", 1, [4, 3, 5]],
    ["one factor for all", -1, [1]],
    ["a factor a row", 2, [3, 1]],
  ] as const)("%s", async (_, axis, dims) => {
    const model = new Fixture({ input: IMAGE, opset: 17 });
    const inputs = [model.x, model.uniform(dims, 0.5, 2), model.weights(dims)];
    const y = model.node("LayerNormalization", inputs, { axis, epsilon: { float: 1e-3 } });
    await flattened(model, model.node("Mul", [y, model.weights([4, 3, 5])]));
  });

  it("without a bias", async () => {
    const model = new Fixture({ input: IMAGE, opset: 17 });
    await flattened(
      model,
      model.node("LayerNormalization", [model.x, model.uniform([5], 0.5, 2)], { stash_type: 1 }),
    );
  });

  it("of channels, between two transposes", async () => {
    const model = new Fixture({ input: IMAGE, opset: 17 });
    const last = model.node("Transpose", [model.x], { perm: [0, 2, 3, 1] });
    const inputs = [last, model.uniform([4], 0.5, 2), model.weights([4])];
    const y = model.node("LayerNormalization", inputs, { epsilon: { float: 1e-6 } });
    await flattened(model, model.node("Transpose", [y], { perm: [0, 3, 1, 2] }));
  });

  it("taken apart, as before opset 17", async () => {
    const model = new Fixture({ input: ["N", 6, 8], opset: 13 });
    const mean = model.node("ReduceMean", [model.x], { axes: [-1] });
    const centred = model.node("Sub", [model.x, mean]);
    const squares = model.node("Pow", [centred, model.constant([], [2])]);
    const variance = model.node("ReduceMean", [squares], { axes: [-1] });
    const deviation = model.node("Sqrt", [model.node("Add", [variance, model.constant([], [1e-5])])]);
    const normalised = model.node("Div", [centred, deviation]);
    const y = model.node("Add", [model.node("Mul", [normalised, model.weights([8])]), model.weights([8])]);
    await flattened(model, y);
  });
});

describe("InstanceNormalization", () => {
  it.each([[[4, 3, 5]], [[4, 6]]])("of %j", async (dims) => {
    const model = new Fixture({ input: ["N", ...dims], opset: 13 });
    const inputs = [model.x, model.uniform([4], 0.5, 2), model.weights([4])];
    await flattened(model, model.node("InstanceNormalization", inputs, { epsilon: { float: 1e-3 } }));
  });

  it("as GroupNorm before opset 18: reshaped, normalised with constants, reshaped back", async () => {
    const model = new Fixture({ input: IMAGE, opset: 13 });
    const rows = model.node("Reshape", [model.x, model.constant64([0, 2, -1])]);
    const y = model.node("InstanceNormalization", [
      rows,
      model.constant([2], [1, 1]),
      model.constant([2], [0, 0]),
    ]);
    const back = model.node("Reshape", [y, model.node("Shape", [model.x])]);
    const gain = model.node("Mul", [back, model.uniform([4, 1, 1], 0.5, 2)]);
    await flattened(model, model.node("Add", [gain, model.weights([4, 1, 1])]));
  });
});

describe("GroupNormalization", () => {
  it.each([
    [18, 2],
    [21, 4],
  ])("opset %d", async (opset, size) => {
    const model = new Fixture({ input: IMAGE, opset });
    const inputs = [model.x, model.uniform([size], 0.5, 2), model.weights([size])];
    const attributes: Record<string, Attribute> = { num_groups: 2, epsilon: { float: 1e-3 } };
    await flattened(model, model.node("GroupNormalization", inputs, attributes));
  });
});

describe("LRN", () => {
  it.each([3, 5, 1])("size %d", async (size) => {
    const model = new Fixture({ input: ["N", 7, 3, 2], opset: 13 });
    const attributes = { size, alpha: { float: 0.5 }, beta: { float: 0.6 }, bias: { float: 1.5 } };
    await flattened(model, model.node("LRN", [model.x], attributes), { range: [-2, 2] });
  });
});

describe("LRN as PyTorch spells it: a pool that moves along the channels of a fifth axis", () => {
  it.each([3, 4, 5])("size %d", async (size) => {
    const model = new Fixture({ input: ["N", 7, 3, 2], opset: 13 });
    const squares = model.node("Unsqueeze", [model.node("Mul", [model.x, model.x]), model.int64s([1])]);
    const before = Math.floor(size / 2);
    const pads = model.int64s([0, 0, before, 0, 0, 0, 0, size - 1 - before, 0, 0]);
    const attributes = { kernel_shape: [size, 1, 1], strides: [1, 1, 1], pads: [0, 0, 0, 0, 0, 0] };
    const pooled = model.node("AveragePool", [model.node("Pad", [squares, pads])], attributes);
    const sums = model.node("Squeeze", [pooled, model.int64s([1])]);
    const scaled = model.node("Add", [
      model.node("Mul", [sums, model.floats([], [0.5])]),
      model.floats([], [1.5]),
    ]);
    const divisor = model.node("Pow", [scaled, model.floats([], [0.6])]);
    await flattened(model, model.node("Div", [model.x, divisor]), { range: [-2, 2] });
  });
});

describe("LpNormalization", () => {
  it.each([
    [1, 1],
    [2, 1],
    [2, -1],
  ])("p %d, axis %d", async (p, axis) => {
    const model = new Fixture({ input: IMAGE, opset: 13 });
    await flattened(model, model.node("LpNormalization", [model.x], { p, axis }));
  });
});

it("normalising along the batch is refused", async () => {
  const model = new Fixture({ input: [2, 4], opset: 17 });
  const y = model.node("LayerNormalization", [model.x, model.weights([2, 4])], { axis: 0 });
  await expect(flattened(model, y)).rejects.toThrow(/batch axis/);
});

describe("RMSNormalization", () => {
  it.each([-1, 1])("of opset 23 is what opset 17 spells out, axis %d", async (axis) => {
    const dims = ["N", 4, 6] as const;
    const shape = axis === 1 ? [4, 6] : [6];
    const file = (opset: number, normalised: (model: Fixture, scale: string) => string) => {
      const model = new Fixture({ input: dims, opset });
      return model.bytes(model.node("Flatten", [normalised(model, model.uniform(shape, 0.5, 2))]));
    };
    const attributes = { axis, epsilon: { float: 1e-3 }, stash_type: 1 };
    const own = file(23, (model, scale) => model.node("RMSNormalization", [model.x, scale], attributes));
    const spelled = file(17, (model, scale) => {
      const square = model.node("Mul", [model.x, model.x]);
      const mean = model.node("ReduceMean", [square], { axes: axis === 1 ? [1, 2] : [2] });
      const root = model.node("Sqrt", [model.node("Add", [mean, model.constant([], [1e-3])])]);
      return model.node("Mul", [model.node("Div", [model.x, root]), scale]);
    });
    const expected = await expectAgreement(spelled, dims);
    const actual = buildNetwork(await openModel(own));
    const image = Float64Array.from({ length: 24 }, (_, i) => Math.sin(i));
    const transform = resolveInput(undefined, 6);
    const [a, b] = [expected, actual].map((network) => logits64(network, transform, image));
    a.forEach((value, i) => {
      expect(b[i]).toBeCloseTo(value, 6);
    });
  });
});

it("the gradient of a norm is 0 where all is 0", async () => {
  const model = new Fixture({ input: ["N", 4], opset: 13 });
  const norm = model.node("ReduceL2", [model.x], { axes: [1], keepdims: 1 });
  const unit = model.node("Div", [model.x, model.node("Clip", [norm, model.floats([], [1e-12])])]);
  const network = buildNetwork(await openModel(model.bytes(model.node("Concat", [unit, norm], { axis: 1 }))));
  const transform = { range: [-1, 1], scale: [1, 1, 1, 1], offset: [0, 0, 0, 0] } as const;
  using reference = createReferenceEngine(network, transform);
  using wasm = await createWasmEngine(network, transform, { threads: 0 });
  for (const engine of [reference, wasm]) {
    const { values } = await engine.jacobian(new Float32Array(4), { classes: Int32Array.of(0, 4) });
    expect([...values].map((x) => Math.abs(x) < 1e13)).toEqual(new Array(8).fill(true));
    expect([...values.subarray(4)]).toEqual([0, 0, 0, 0]);
  }
});
