import { describe, it } from "vitest";
import { expectAgreement } from "./agree.js";
import { Fixture } from "./fixture.js";
import { type Attribute, TYPES } from "./writer.js";

const INPUT = ["N", 6] as const;

/** What a file computes of constants is added to the image, as float. */
async function added(build: (model: Fixture) => string, opset = 18): Promise<void> {
  const model = new Fixture({ input: INPUT, opset });
  const value = model.node("Cast", [build(model)], { to: TYPES.float });
  await expectAgreement(model.bytes(model.node("Add", [model.x, value])), INPUT);
}

const NUMBERS = [-2.5, -1.5, -0.5, 0.5, 1.5, 3];
const floats = (m: Fixture) => m.floats([6], NUMBERS);
const integers = (m: Fixture) => m.int64s([-7, -3, 0, 3, 4, 8]);
const bits = (m: Fixture, values: readonly number[]) =>
  m.initializer({ type: TYPES.bool, dims: [6], raw: Uint8Array.from(values) });

describe("comparisons", () => {
  it.each(["Equal", "Less", "LessOrEqual", "Greater", "GreaterOrEqual"])("%s", async (type) => {
    await added((m) => m.node(type, [integers(m), m.int64s([3], [])]));
    await added((m) => m.node(type, [floats(m), m.floats([], [0.5])]));
  });
});

describe("logic", () => {
  it.each(["And", "Or", "Xor"])("%s", (type) =>
    added((m) => m.node(type, [bits(m, [0, 1, 0, 1, 1, 0]), bits(m, [0, 0, 1, 1, 0, 1])])),
  );

  it("Not", () => added((m) => m.node("Not", [bits(m, [0, 1, 0, 1, 1, 0])])));
});

describe("rounding", () => {
  it.each(["Floor", "Ceil", "Round"])("%s", (type) => added((m) => m.node(type, [floats(m)])));
});

describe("division", () => {
  it.each([5, -5, 2])("Mod of integers by %d", async (divisor) => {
    for (const fmod of [0, 1])
      await added((m) => m.node("Mod", [integers(m), m.int64s([divisor], [])], { fmod }));
  });

  it("Mod of floats", () => added((m) => m.node("Mod", [floats(m), m.floats([], [0.7])], { fmod: 1 })));

  it("Div of integers goes towards 0", () => added((m) => m.node("Div", [integers(m), m.int64s([2], [])])));
});

describe("casts", () => {
  it.each([TYPES.int64, TYPES.int32, TYPES.bool, TYPES.double, TYPES.float])("to type %d", (to) =>
    added((m) => m.node("Cast", [floats(m)], { to })),
  );

  it("CastLike", () => added((m) => m.node("CastLike", [floats(m), integers(m)]), 19));
});

describe("functions", () => {
  const cases: [string, Record<string, Attribute>?][] = [
    ["Relu"],
    ["Sigmoid"],
    ["Tanh"],
    ["Softplus"],
    ["Softsign"],
    ["Exp"],
    ["Abs"],
    ["Neg"],
    ["Sign"],
    ["Clip"],
    ["Reciprocal"],
  ];
  it.each(cases)("%s", (type, attributes) => added((m) => m.node(type, [floats(m)], attributes)));

  it.each(["Log", "Sqrt"])("%s", (type) => added((m) => m.node(type, [m.node("Abs", [floats(m)])])));

  it("Pow", () => added((m) => m.node("Pow", [floats(m), m.int64s([3], [])])));
});

describe("reductions", () => {
  const types = ["Mean", "Sum", "Max", "Min", "Prod", "L1", "L2", "SumSquare", "LogSumExp"];
  it.each(types)("Reduce%s", (type) =>
    added((m) =>
      m.node(
        `Reduce${type}`,
        [
          m.floats(
            [6, 3],
            [...Array(18).keys()].map((n) => n / 5 - 1),
          ),
          m.int64s([1]),
        ],
        { keepdims: 0 },
      ),
    ),
  );
});

describe("shapes", () => {
  it("Size", () => added((m) => m.node("Size", [floats(m)])));
  it("Range of integers", () =>
    added((m) =>
      m.node(
        "Range",
        [9, -3, -2].map((n) => m.int64s([n], [])),
      ),
    ));
  it("Range of floats", () =>
    added((m) =>
      m.node(
        "Range",
        [0.5, 3.4, 0.5].map((n) => m.floats([], [n])),
      ),
    ));
  it("Tile", () => added((m) => m.node("Tile", [m.int64s([1, 2]), m.int64s([3])])));
  it("Pad", () => added((m) => m.node("Pad", [m.floats([3], [1, 2, 3]), m.int64s([1, 2])])));
  it("Transpose, Reshape, Squeeze", () =>
    added((m) => {
      const turned = m.node("Transpose", [m.weights([3, 1, 2])], { perm: [2, 1, 0] });
      return m.node("Squeeze", [m.node("Reshape", [turned, m.int64s([1, 6])]), m.int64s([0])]);
    }));
  it("Where", () =>
    added((m) => m.node("Where", [bits(m, [0, 1, 0, 1, 1, 0]), floats(m), m.floats([], [9])])));

  const constants: [string, Record<string, Attribute>][] = [
    ["value_float", { value_float: { float: 1.5 } }],
    ["value_int", { value_int: 3 }],
    ["value_floats", { value_floats: { floats: NUMBERS } }],
    ["value_ints", { value_ints: [1, 2, 3, 4, 5, 6] }],
  ];
  it.each(constants)("Constant by %s", (_, attributes) => added((m) => m.node("Constant", [], attributes)));
});
