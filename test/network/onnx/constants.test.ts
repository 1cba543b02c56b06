import { describe, expect, it } from "vitest";
import { openModel } from "../../../src/network/import/open_model.js";
import { expectAgreement } from "./agree.js";
import { Fixture } from "./fixture.js";
import { type Attribute, type GraphFile, TYPES } from "./writer.js";

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

describe("constants at given places", () => {
  it.each([-1, 0, 1])("OneHot, axis %d", (axis) =>
    added((m) => {
      const indices = m.int64s([2, -1, 7, 0], [2, 2]);
      const hot = m.node("OneHot", [indices, m.int64s([3]), m.floats([2], [-0.5, 2])], { axis });
      return m.node("Slice", [m.node("Reshape", [hot, m.int64s([12])]), m.int64s([3]), m.int64s([9])]);
    }),
  );

  it.each(["none", "add", "mul", "max", "min"])("ScatterND, %s", (reduction) =>
    added((m) => {
      const data = m.floats([3, 2], NUMBERS);
      const at = m.int64s(reduction === "none" ? [2, 0] : [2, 2, -3], reduction === "none" ? [2, 1] : [3, 1]);
      const rows = reduction === "none" ? 2 : 3;
      const updates = m.floats([rows, 2], [7, 8, -9, 10, 0.5, 3].slice(0, 2 * rows));
      return m.node("Reshape", [m.node("ScatterND", [data, at, updates], { reduction }), m.int64s([6])]);
    }),
  );

  it("ScatterND of single values", () =>
    added((m) => {
      const data = m.floats([2, 3], NUMBERS);
      const at = m.int64s([1, 0, 0, 2], [2, 2]);
      return m.node("Reshape", [m.node("ScatterND", [data, at, m.floats([2], [5, 6])]), m.int64s([6])]);
    }));
});

describe("sums so far", () => {
  const ways = [0, 1].flatMap((exclusive) => [0, 1].map((reverse) => ({ exclusive, reverse })));
  it.each(ways)("of constants, %j", (way) =>
    added((m) => {
      const sums = m.node("CumSum", [m.floats([3, 2], NUMBERS), m.int64s([0], [])], way);
      return m.node("Reshape", [sums, m.int64s([6])]);
    }),
  );

  it.each(ways)("of values, %j", async (way) => {
    for (const axis of [-1, 1, 2]) {
      const model = new Fixture({ input: ["N", 3, 4, 5] });
      const sums = model.node("CumSum", [model.x, model.int64s([axis], [])], way);
      await expectAgreement(model.bytes(model.node("Flatten", [sums])), ["N", 3, 4, 5]);
    }
  });

  it("across images are refused", async () => {
    const model = new Fixture({ input: INPUT });
    const sums = model.node("CumSum", [model.x, model.int64s([0], [])]);
    await expect(openModel(model.bytes(sums))).rejects.toThrow(
      /CumSum .*every image must be computed by itself/,
    );
  });
});

describe("products of values", () => {
  it.each([
    [[1], 1],
    [[2, 3], 0],
    [[-1], 0],
    [[1, 3], 1],
  ] as const)("along %j, keepdims %d", async (axes, keepdims) => {
    const dims = ["N", 3, 4, 5] as const;
    const model = new Fixture({ input: dims, opset: 14 });
    const y = model.node("ReduceProd", [model.x], { keepdims, axes: [...axes] });
    await expectAgreement(model.bytes(model.node("Reshape", [y, model.int64s([0, -1])])), dims, {
      range: [0.5, 1.5],
    });
  });

  it("across images are refused", async () => {
    const model = new Fixture({ input: INPUT, opset: 14 });
    const y = model.node("ReduceProd", [model.x], { axes: [0] });
    await expect(openModel(model.bytes(y))).rejects.toThrow(
      /ReduceProd .*every image must be computed by itself/,
    );
  });
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

describe("operators of layers", () => {
  const square = (m: Fixture, rank = 4) => m.weights([...new Array<number>(rank - 2).fill(1), 2, 3]);
  const six = (m: Fixture, value: string) => m.node("Reshape", [value, m.int64s([6])]);
  it.each(["Softmax", "LogSoftmax", "Erf", "HardSwish", "Elu", "Gelu"])("%s", (type) =>
    added((m) => six(m, m.node(type, [square(m)])), 20),
  );

  it("Conv", () =>
    added((m) =>
      m.node(
        "ReduceSum",
        [m.node("Conv", [m.weights([1, 2, 3, 6]), m.weights([2, 2, 3, 1])]), m.int64s([0, 1, 2])],
        { keepdims: 0 },
      ),
    ));

  it("Resize, as of a table of places", () =>
    added((m) => {
      const attributes = { mode: "cubic", coordinate_transformation_mode: "half_pixel" };
      const resized = m.node("Resize", [m.weights([1, 1, 4, 5]), "", "", m.int64s([1, 1, 2, 3])], attributes);
      return six(m, resized);
    }));

  it("LayerNormalization", () =>
    added((m) => six(m, m.node("LayerNormalization", [square(m, 2), m.weights([3])], { axis: -1 }))));

  it("BatchNormalization in training mode, as weights are standardised", async () => {
    const model = new Fixture({ input: ["N", 3, 6, 6], opset: 15 });
    const rows = model.node("Reshape", [model.weights([4, 3, 2, 2]), model.int64s([1, 4, -1])]);
    const statistics = [
      model.weights([4]),
      model.floats([4], [0, 0, 0, 0]),
      model.weights([4]),
      model.uniform([4], 1, 2),
    ];
    const [standard] = model.split("BatchNormalization", [rows, ...statistics], 3, { training_mode: 1 });
    const weights = model.node("Reshape", [standard, model.int64s([4, 3, 2, 2])]);
    const y = model.node("Conv", [model.x, weights]);
    await expectAgreement(model.bytes(model.head(y, 100)), ["N", 3, 6, 6]);
  });

  it("as weights of a layer", async () => {
    const model = new Fixture({ input: ["N", 3, 6, 6], opset: 13 });
    const weights = model.node("Softmax", [model.weights([4, 3, 2, 2])], { axis: 1 });
    await expectAgreement(model.bytes(model.head(model.node("Conv", [model.x, weights]), 100)), [
      "N",
      3,
      6,
      6,
    ]);
  });

  it("attention of learned queries", async () => {
    const model = new Fixture({ input: ["N", 5, 4], opset: 13 });
    const query = model.weights([1, 3, 4]);
    const turned = model.node("Transpose", [query], { perm: [0, 2, 1] });
    const own = model.node("MatMul", [
      model.node("Softmax", [model.node("MatMul", [query, turned])], { axis: -1 }),
      query,
    ]);
    const scores = model.node("MatMul", [own, model.node("Transpose", [model.x], { perm: [0, 2, 1] })]);
    await expectAgreement(
      model.bytes(
        model.node("Flatten", [
          model.node("MatMul", [model.node("Softmax", [scores], { axis: -1 }), model.x]),
        ]),
      ),
      ["N", 5, 4],
    );
  });
});

describe("functions of angles", () => {
  it.each(["Sin", "Cos", "Tan", "Asin", "Acos", "Atan", "Sinh", "Cosh"])("%s", (type) =>
    added((m) => m.node(type, [m.floats([6], [-0.9, -0.4, 0, 0.1, 0.5, 0.99])])),
  );
});

it("GatherND", () =>
  added((m) => {
    const places = m.int64s([0, 1, -1, 0, 1, 1], [3, 2]);
    return m.node("Reshape", [m.node("GatherND", [m.weights([2, 3, 2]), places]), m.int64s([6])]);
  }));

it("NonZero", () =>
  added((m) => {
    const mask = m.initializer({
      type: TYPES.bool,
      dims: [2, 5],
      raw: Uint8Array.of(0, 1, 0, 0, 1, 0, 0, 0, 1, 0),
    });
    return m.node("Reshape", [m.node("NonZero", [mask]), m.int64s([6])]);
  }));

describe("If, its condition known", () => {
  /** One node that reads a value around it and a tensor of its own. */
  const branch = (m: Fixture, type: string): GraphFile => {
    const [own] = [m.floats([], [type === "Add" ? 2 : 3])];
    const stored = m.initializers.pop()!;
    return {
      nodes: [{ type, inputs: [m.x, own], outputs: [`${type}_made`] }],
      initializers: [stored],
      inputs: [],
      outputs: [{ name: `${type}_made` }],
    };
  };
  const chosen = (m: Fixture, condition: string) =>
    m.node("If", [condition], {
      then_branch: { graph: branch(m, "Add") },
      else_branch: { graph: branch(m, "Mul") },
    });

  it.each([6, 7])("by a length, %d", async (length) => {
    const model = new Fixture({ input: INPUT, opset: 13 });
    const count = model.node("Gather", [model.node("Shape", [model.x]), model.int64s([1], [])]);
    const y = chosen(model, model.node("Equal", [count, model.int64s([length], [])]));
    await expectAgreement(model.bytes(model.node("Tanh", [y])), INPUT);
  });

  it("one within another", async () => {
    const model = new Fixture({ input: INPUT, opset: 13 });
    const outer: GraphFile = {
      nodes: [
        {
          type: "If",
          inputs: ["condition"],
          outputs: ["inner"],
          attributes: {
            then_branch: { graph: branch(model, "Mul") },
            else_branch: { graph: branch(model, "Add") },
          },
        },
      ],
      initializers: [],
      inputs: [],
      outputs: [{ name: "inner" }],
    };
    model.initializer({ name: "condition", type: TYPES.bool, dims: [], raw: Uint8Array.of(1) });
    const y = model.node("If", ["condition"], {
      then_branch: { graph: outer },
      else_branch: { graph: branch(model, "Sub") },
    });
    await expectAgreement(model.bytes(model.node("Tanh", [y])), INPUT);
  });

  it("what cannot run in the other graph does not matter", async () => {
    const model = new Fixture({ input: INPUT, opset: 13 });
    const condition = model.initializer({ type: TYPES.bool, dims: [], raw: Uint8Array.of(0) });
    const other = {
      ...branch(model, "Add"),
      nodes: [{ type: "Round", inputs: [model.x], outputs: ["Add_made"] }],
    };
    const y = model.node("If", [condition], {
      then_branch: { graph: other },
      else_branch: { graph: branch(model, "Mul") },
    });
    await expectAgreement(model.bytes(y), INPUT);
  });

  it("what cannot run in this one is named", async () => {
    const model = new Fixture({ input: INPUT, opset: 13 });
    const condition = model.initializer({ type: TYPES.bool, dims: [], raw: Uint8Array.of(1) });
    const other = {
      ...branch(model, "Add"),
      nodes: [{ type: "NonMaxSuppression", inputs: [model.x], outputs: ["Add_made"], name: "inside" }],
    };
    const y = model.node("If", [condition], {
      then_branch: { graph: other },
      else_branch: { graph: branch(model, "Mul") },
    });
    await expect(openModel(model.bytes(y))).rejects.toThrow(/"inside" uses NonMaxSuppression/);
  });

  it("graphs nested without end are refused", async () => {
    let graph: GraphFile = { nodes: [], initializers: [], inputs: [], outputs: [] };
    for (let depth = 0; depth < 20; depth++)
      graph = {
        nodes: [{ type: "If", inputs: ["x"], outputs: ["y"], attributes: { then_branch: { graph } } }],
        initializers: [],
        inputs: [],
        outputs: [{ name: "y" }],
      };
    const model = new Fixture({ input: INPUT });
    await expect(
      openModel(model.bytes(model.node("If", [model.x], { then_branch: { graph } }))),
    ).rejects.toThrow(/nested 8 deep/);
  });
});
