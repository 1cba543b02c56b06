import { describe, expect, it } from "vitest";
import { openModel } from "../../../src/network/import/open_model.js";
import { expectAgreement } from "./agree.js";
import { Fixture } from "./fixture.js";
import { TYPES } from "./writer.js";

const INPUT = ["N", 3, 4, 5] as const;
const BOTH = { engines: ["reference", "wasm"] } as const;

/** Two values of the image's shape that differ. */
function twins(model: Fixture): [string, string] {
  const other = model.node("Conv", [model.x, model.weights([3, 3, 1, 1]), model.weights([3])]);
  return [model.x, other];
}

async function flattened(model: Fixture, value: string, options = {}): Promise<void> {
  const flat = model.node("Flatten", [value]);
  await expectAgreement(model.bytes(flat), model.options.input, { ...BOTH, ...options });
}

describe.each(["Add", "Sub", "Mul", "Div", "Max", "Min"])("%s", (type) => {
  it("of two values", async () => {
    const model = new Fixture({ input: INPUT });
    const [x, y] = twins(model);
    // A divisor that is not near 0.
    const safe = type === "Div" ? model.node("Exp", [y]) : y;
    await flattened(model, model.node(type, [x, safe]));
  });

  it.each([
    ["a number", []],
    ["a list of one", [1]],
    ["along the last axis", [5]],
    ["a channel", [3, 1, 1]],
    ["a batch of one", [1, 3, 1, 1]],
    ["along height and width", [4, 5]],
    ["two axes with one between", [3, 1, 5]],
    ["every value", [1, 3, 4, 5]],
  ])("of a value and a constant: %s", async (_, dims) => {
    for (const first of [true, false]) {
      const model = new Fixture({ input: INPUT, seed: 3 });
      const constant = model.uniform(dims, 0.3, 2);
      const x = type === "Div" ? model.node("Exp", [model.x]) : model.x;
      await flattened(model, model.node(type, first ? [x, constant] : [constant, x]));
    }
  });

  it("of values of different shapes", async () => {
    const model = new Fixture({ input: INPUT });
    const pooled = model.node("GlobalAveragePool", [model.x]);
    const gate = model.node("Sigmoid", [pooled]);
    await flattened(model, model.node(type, [model.x, gate]));
  });

  it("of a value without some axes and a constant that has them", async () => {
    const model = new Fixture({ input: ["N", 3, 1] });
    const wide = model.uniform([3, 4], 0.5, 2);
    await flattened(model, model.node(type, [model.x, wide]));
  });

  it("of two vectors, each repeated along the other's axis", async () => {
    const model = new Fixture({ input: ["N", 4] });
    const column = model.node("Unsqueeze", [model.node("Exp", [model.x]), model.int64s([2])]);
    const row = model.node("Unsqueeze", [model.node("Exp", [model.x]), model.int64s([1])]);
    await flattened(model, model.node(type, [column, row]));
  });

  it("of a constant that is the same everywhere but has more axes", async () => {
    const model = new Fixture({ input: ["N", 1] });
    const same = model.floats([1, 4], [0.1, 0.1, 0.1, 0.1]);
    const y = model.node(type, [model.x, same]);
    await flattened(model, model.node("Add", [y, model.weights([1, 4])]));
  });
});

describe.each(["Sum", "Mean", "Max", "Min"])("%s", (type) => {
  it("of one value", async () => {
    const model = new Fixture({ input: INPUT });
    await flattened(model, model.node(type, [model.x]));
  });

  it("of three, a constant among them", async () => {
    const model = new Fixture({ input: INPUT });
    const [x, y] = twins(model);
    await flattened(model, model.node(type, [x, model.weights([5]), y]));
  });
});

describe("Where", () => {
  const mask = (model: Fixture, dims: readonly number[], bits: readonly number[]) =>
    model.initializer({ type: TYPES.bool, dims, raw: Uint8Array.from(bits) });

  it("chooses between two values", async () => {
    const model = new Fixture({ input: INPUT });
    const [x, y] = twins(model);
    await flattened(model, model.node("Where", [mask(model, [5], [1, 0, 0, 1, 1]), x, y]));
  });

  it("chooses between a value and a constant, either way", async () => {
    for (const first of [true, false]) {
      const model = new Fixture({ input: INPUT });
      const pair = first ? [model.x, model.weights([3, 1, 1])] : [model.weights([3, 1, 1]), model.x];
      await flattened(model, model.node("Where", [mask(model, [4, 1], [1, 0, 0, 1]), ...pair]));
    }
  });

  it("never looks at what it does not choose", async () => {
    const model = new Fixture({ input: INPUT });
    const infinite = model.floats([], [Number.NEGATIVE_INFINITY]);
    const all = mask(model, [1], [1]);
    await flattened(model, model.node("Where", [all, model.x, infinite]));
  });
});

describe("comparisons of the image", () => {
  const IMAGE = ["N", 3, 6, 5] as const;
  const by = (build: (m: Fixture, zero: string) => string) => async () => {
    const model = new Fixture({ input: IMAGE, opset: 16 });
    const y = build(model, model.floats([], [0.1]));
    const made = model.node("Add", [model.node("Tanh", [model.x]), y]);
    await expectAgreement(model.bytes(model.node("Flatten", [made])), IMAGE, {
      engines: ["reference", "wasm"],
    });
  };
  const float = (m: Fixture, x: string) => m.node("Cast", [x], { to: TYPES.float });
  it.each(["Greater", "Less", "GreaterOrEqual", "LessOrEqual", "Equal"])("%s", async (type) => {
    await by((m, zero) => float(m, m.node(type, [m.x, zero])))();
    await by((m) => float(m, m.node(type, [m.x, m.node("Relu", [m.x])])))();
  });

  it.each(["And", "Or", "Xor"])("%s", (type) =>
    by((m, zero) =>
      float(m, m.node(type, [m.node("Less", [m.x, zero]), m.node("Greater", [m.x, m.floats([], [-0.4])])])),
    )(),
  );

  it(
    "Not",
    by((m, zero) => float(m, m.node("Not", [m.node("Less", [m.x, zero])]))),
  );
  it(
    "a condition of a number",
    by((m) => float(m, m.node("Cast", [m.node("Relu", [m.x])], { to: TYPES.bool }))),
  );

  it.each([
    ["of two values", (m: Fixture) => [m.node("Exp", [m.x]), m.node("Neg", [m.x])]],
    ["of a value and a number", (m: Fixture) => [m.x, m.floats([], [0.2])]],
  ] as const)("Where %s", (_, sides) =>
    by((m, zero) => m.node("Where", [m.node("Greater", [m.x, zero]), ...sides(m)]))(),
  );

  it("Where of a value and infinity, before a softmax", async () => {
    const model = new Fixture({ input: ["N", 5, 7], opset: 16 });
    const condition = model.node("Less", [model.x, model.floats([], [0])]);
    const hidden = model.node("Where", [condition, model.floats([], [-Infinity]), model.x]);
    const y = model.node("MatMul", [model.node("Softmax", [hidden], { axis: -1 }), model.weights([7, 2])]);
    await expectAgreement(model.bytes(model.node("Flatten", [y])), model.options.input, {
      engines: ["reference", "wasm"],
    });
  });

  it("neither warns of a gradient of 0 nor changes what Sign does", async () => {
    const model = new Fixture({ input: IMAGE, opset: 16 });
    const network = await openModel(
      model.bytes(
        model.node("Flatten", [float(model, model.node("Less", [model.x, model.floats([], [0])]))]),
      ),
    );
    expect(network.warnings).toEqual([]);
  });
});
