import { describe, it } from "vitest";
import { expectAgreement } from "./agree.js";
import { Fixture } from "./fixture.js";
import type { Attribute } from "./writer.js";

const INPUT = ["N", 3, 4] as const;
const BOTH = { engines: ["reference", "wasm"], range: [-3, 3] } as const;
const POSITIVE = { ...BOTH, range: [0.25, 3] } as const;

type Attributes = Readonly<Record<string, Attribute>>;

describe("functions of one value", () => {
  const cases: [string, number, Attributes?, (typeof BOTH | typeof POSITIVE)?][] = [
    ["Relu", 7],
    ["Relu", 14],
    ["Sigmoid", 13],
    ["Tanh", 13],
    ["Softplus", 7],
    ["Softsign", 7],
    ["HardSwish", 14],
    ["Mish", 18],
    ["Exp", 13],
    ["Log", 13, {}, POSITIVE],
    ["Sqrt", 13, {}, POSITIVE],
    ["Reciprocal", 13, {}, POSITIVE],
    ["Erf", 9],
    ["Abs", 13],
    ["Neg", 13],
    ["Sign", 13],
    ["Elu", 7],
    ["Elu", 7, { alpha: { float: 0.5 } }],
    ["Celu", 12],
    ["Celu", 12, { alpha: { float: 2.5 } }],
    ["Selu", 7],
    ["Selu", 7, { alpha: { float: 1.5 }, gamma: { float: 0.8 } }],
    ["LeakyRelu", 7],
    ["LeakyRelu", 16, { alpha: { float: 0.2 } }],
    ["LeakyRelu", 16, { alpha: { float: 0 } }],
    ["ThresholdedRelu", 10],
    ["ThresholdedRelu", 10, { alpha: { float: 0.25 } }],
    ["HardSigmoid", 7],
    ["HardSigmoid", 7, { alpha: { float: 1 / 6 }, beta: { float: 0.4 } }],
    ["Gelu", 20],
    ["Gelu", 20, { approximate: "none" }],
    ["Gelu", 20, { approximate: "tanh" }],
    ["Shrink", 9, { lambd: { float: 0.75 }, bias: { float: 0.75 } }],
    ["Identity", 13],
    ["Dropout", 7, { ratio: { float: 0.3 } }],
    ["Dropout", 13, { seed: 5 }],
    ["Clip", 7, { min: { float: -0.5 }, max: { float: 1 } }],
    ["Clip", 7, { min: { float: 0 } }],
    ["Clip", 11],
    ["Cast", 13, { to: 1 }],
  ];
  it.each(cases)("%s, opset %d, %j", async (type, opset, attributes = {}, options = BOTH) => {
    const model = new Fixture({ input: INPUT, opset });
    const y = model.node(type, [model.x], attributes);
    await expectAgreement(model.bytes(model.node("Flatten", [y])), INPUT, options);
  });

  it("Gelu of com.microsoft", async () => {
    const model = new Fixture({ input: INPUT, opset: 14, opsets: { "com.microsoft": 1 } });
    const y = model.node("Gelu", [model.x], {}, "com.microsoft");
    await expectAgreement(model.bytes(model.node("Flatten", [y])), INPUT, BOTH);
  });

  it("Dropout with its mask, and inputs for ratio and mode", async () => {
    const model = new Fixture({ input: INPUT, opset: 13 });
    const off = model.initializer({ type: 9, dims: [], int32s: [0] });
    const [y] = model.split("Dropout", [model.x, model.floats([], [0.5]), off], 2);
    await expectAgreement(model.bytes(model.node("Flatten", [y])), INPUT, BOTH);
  });
});

describe("Clip with inputs", () => {
  const bounds: [string, number | undefined, number | undefined][] = [
    ["both", -1, 0.5],
    ["no max", 0, undefined],
    ["no min", undefined, 0.5],
    ["relu6", 0, 6],
  ];
  it.each(bounds)("%s", async (_, min, max) => {
    const model = new Fixture({ input: INPUT, opset: 13 });
    const inputs = [
      model.x,
      min === undefined ? "" : model.constant([], [min]),
      ...(max === undefined ? [] : [model.floats([], [max])]),
    ];
    const y = model.node("Clip", inputs);
    await expectAgreement(model.bytes(model.node("Flatten", [y])), INPUT, BOTH);
  });
});

describe("PRelu", () => {
  const cases: [string, readonly number[], readonly (string | number)[]][] = [
    ["one slope a channel", [3, 1, 1], ["N", 3, 4, 2]],
    ["one slope", [1], ["N", 3, 4, 2]],
    ["one slope, of no axes", [], ["N", 3]],
    ["along the last axis", [2], ["N", 3, 4, 2]],
    ["one for each value", [3, 4, 2], ["N", 3, 4, 2]],
    ["of vectors", [3], ["N", 3]],
  ];
  it.each(cases)("%s", async (_, slope, input) => {
    const model = new Fixture({ input, opset: 16 });
    const y = model.node("PRelu", [model.x, model.uniform(slope, -0.5, 0.8)]);
    await expectAgreement(model.bytes(model.node("Flatten", [y])), input, BOTH);
  });
});

describe("Pow", () => {
  it.each([
    [2, BOTH],
    [3, BOTH],
    [1, BOTH],
    [0.5, POSITIVE],
    [-1.5, POSITIVE],
  ] as const)("exponent %d", async (exponent, options) => {
    const model = new Fixture({ input: INPUT });
    const y = model.node("Pow", [model.x, model.floats([], [exponent])]);
    await expectAgreement(model.bytes(model.node("Flatten", [y])), INPUT, options);
  });

  it("an exponent of type int64", async () => {
    const model = new Fixture({ input: INPUT });
    const y = model.node("Pow", [model.x, model.constant64([2], [])]);
    await expectAgreement(model.bytes(model.node("Flatten", [y])), INPUT, BOTH);
  });
});

describe("functions in the spelling of exporters", () => {
  const scalar = (model: Fixture, value: number) => model.constant([], [value]);
  const spelled: Record<string, (model: Fixture) => string> = {
    "gelu by Erf"(m) {
      const inner = m.node("Erf", [m.node("Div", [m.x, scalar(m, Math.SQRT2)])]);
      const product = m.node("Mul", [m.x, m.node("Add", [inner, scalar(m, 1)])]);
      return m.node("Mul", [product, scalar(m, 0.5)]);
    },
    "gelu by Tanh"(m) {
      const cube = m.node("Pow", [m.x, scalar(m, 3)]);
      const inner = m.node("Add", [m.x, m.node("Mul", [cube, scalar(m, 0.044715)])]);
      const tanh = m.node("Tanh", [m.node("Mul", [inner, scalar(m, Math.sqrt(2 / Math.PI))])]);
      return m.node("Mul", [m.node("Mul", [scalar(m, 0.5), m.x]), m.node("Add", [tanh, scalar(m, 1)])]);
    },
    "x times its sigmoid": (m) => m.node("Mul", [m.x, m.node("Sigmoid", [m.x])]),
    "hard swish by HardSigmoid": (m) =>
      m.node("Mul", [m.x, m.node("HardSigmoid", [m.x], { alpha: { float: 1 / 6 }, beta: { float: 0.5 } })]),
    "hard swish by Clip"(m) {
      const clipped = m.node("Clip", [m.node("Add", [m.x, scalar(m, 3)]), scalar(m, 0), scalar(m, 6)]);
      return m.node("Div", [m.node("Mul", [m.x, clipped]), scalar(m, 6)]);
    },
    "mish by Softplus": (m) => m.node("Mul", [m.x, m.node("Tanh", [m.node("Softplus", [m.x])])]),
    "relu6 by Min and Max": (m) => m.node("Min", [m.node("Max", [m.x, scalar(m, 0)]), scalar(m, 6)]),
    "leaky relu by Max": (m) => m.node("Max", [m.x, m.node("Mul", [m.x, scalar(m, 0.1)])]),
    rsqrt: (m) =>
      m.node("Div", [
        scalar(m, 1),
        m.node("Sqrt", [m.node("Add", [m.node("Mul", [m.x, m.x]), scalar(m, 1)])]),
      ]),
  };
  it.each(Object.keys(spelled))("%s", async (name) => {
    const model = new Fixture({ input: INPUT, opset: 14 });
    await expectAgreement(model.bytes(model.node("Flatten", [spelled[name](model)])), INPUT, {
      ...BOTH,
      range: [-4, 4],
    });
  });
});
