import { describe, expect, it } from "vitest";
import { UnsupportedOperatorError } from "../../../src/errors.js";
import { openModel } from "../../../src/network/import/open_model.js";
import { expectAgreement, type InputDims } from "./agree.js";
import { Fixture } from "./fixture.js";
import type { Attribute } from "./writer.js";

const IMAGE = ["N", 3, 4, 6] as const;
const BOTH = { engines: ["reference", "wasm"] } as const;

type Attributes = Readonly<Record<string, Attribute>>;

/** The value is mixed with weights after it, so that its order counts, and flattened. */
async function flattened(model: Fixture, value: string, options = {}): Promise<void> {
  const flat = model.node("Flatten", [value]);
  await expectAgreement(model.bytes(flat), model.options.input, { ...BOTH, ...options });
}

async function refused(model: Fixture, value: string, what: RegExp): Promise<void> {
  const opening = openModel(model.bytes(model.node("Flatten", [value])));
  await expect(opening).rejects.toBeInstanceOf(UnsupportedOperatorError);
  await expect(opening).rejects.toThrow(what);
}

describe("Reshape", () => {
  it.each([
    ["flat", [-1, 72]],
    ["flat, the batch kept by 0", [0, -1]],
    ["channels split, as a shuffle does", [0, 1, 3, 4, 6]],
    ["rows and columns joined", [0, 3, 24]],
    ["rows split", [-1, 3, 2, 2, 6]],
    ["axes that lie across others", [0, 6, 4, 3]],
    ["axes of 1 between", [0, 3, 1, 24, 1]],
    ["a fixed batch of 1", [1, 72]],
  ])("%s", async (name, shape) => {
    const input: InputDims = name.includes("fixed") ? [1, 3, 4, 6] : IMAGE;
    const model = new Fixture({ input });
    const y = model.node("Conv", [model.x, model.weights([3, 3, 3, 3])], { pads: [1, 1, 1, 1] });
    const reshaped = model.node("Reshape", [y, model.int64s(shape)]);
    await flattened(model, model.node("Relu", [reshaped]));
  });

  it("with allowzero", async () => {
    const model = new Fixture({ input: IMAGE });
    await flattened(model, model.node("Reshape", [model.x, model.int64s([-1, 72])], { allowzero: 1 }));
  });

  it("a batch that the file fixes at several images", async () => {
    const model = new Fixture({ input: [4, 3, 4, 6] });
    const y = model.node("Reshape", [model.x, model.constant64([4, -1])]);
    const z = model.node("Reshape", [y, model.constant64([4, 8, 9])]);
    await flattened(model, z);
  });

  it("the shape from arithmetic on the input's", async () => {
    const model = new Fixture({ input: IMAGE });
    const batch = model.node("Gather", [model.node("Shape", [model.x]), model.constant64([0], [])], {
      axis: 0,
    });
    const list = model.node("Unsqueeze", [batch, model.constant64([0])]);
    const shape = model.node("Concat", [list, model.constant64([-1])], { axis: 0 });
    await flattened(model, model.node("Reshape", [model.x, shape]));
  });

  it("the shape from Slice, ReduceProd and Cast", async () => {
    const model = new Fixture({ input: IMAGE });
    const shape = model.node("Shape", [model.x]);
    const head = model.node("Slice", [shape, model.int64s([0]), model.int64s([1])]);
    const tail = model.node("Slice", [shape, model.int64s([1]), model.int64s([2 ** 53])]);
    const product = model.node("ReduceProd", [model.node("Cast", [tail], { to: 1 })], { keepdims: 1 });
    const target = model.node("Concat", [head, model.node("Cast", [product], { to: 7 })], { axis: 0 });
    await flattened(model, model.node("Reshape", [model.x, target]));
  });

  it("Shape with start and end", async () => {
    const model = new Fixture({ input: IMAGE, opset: 15 });
    const start = model.node("Shape", [model.x], { start: 0, end: 2 });
    const shape = model.node("Concat", [start, model.int64s([-1])], { axis: 0 });
    const negative = model.node("Shape", [model.x], { start: -2 });
    const back = model.node("Concat", [start, negative], { axis: 0 });
    const y = model.node("Reshape", [model.node("Reshape", [model.x, shape]), back]);
    await flattened(model, y);
  });

  it("of a value whose images would be taken apart", async () => {
    const model = new Fixture({ input: IMAGE });
    const swapped = model.node("Transpose", [model.x], { perm: [1, 0, 2, 3] });
    await refused(model, model.node("Reshape", [swapped, model.int64s([2, -1])]), /batch axis/);
  });
});

describe("Flatten", () => {
  it.each([
    [1, 7],
    [-3, 13],
    [2, 13],
    [3, 13],
  ])("axis %d, opset %d", async (axis, opset) => {
    const model = new Fixture({ input: IMAGE, opset });
    const y = model.node("Flatten", [model.x], { axis });
    const back = model.node("Reshape", [y, model.constant64([-1, 72])]);
    await flattened(model, back);
  });

  it("then Gemm: channels are outermost", async () => {
    const model = new Fixture({ input: IMAGE });
    const y = model.node("Conv", [model.x, model.weights([4, 3, 3, 3])]);
    await expectAgreement(model.bytes(model.head(y, 32)), IMAGE, BOTH);
  });

  it("of a flat value, as last layer", async () => {
    const model = new Fixture({ input: IMAGE });
    const pooled = model.node("GlobalAveragePool", [model.x]);
    await expectAgreement(model.bytes(model.node("Flatten", [pooled])), IMAGE, BOTH);
  });
});

describe("Transpose", () => {
  it.each([[[0, 2, 3, 1]], [[0, 3, 1, 2]], [[0, 1, 3, 2]], [[0, 3, 2, 1]]])("perm %j", async (perm) => {
    const model = new Fixture({ input: IMAGE });
    const y = model.node("Conv", [model.x, model.weights([3, 3, 1, 1])]);
    await flattened(model, model.node("Transpose", [y], { perm }));
  });

  it("the batch to another place and back", async () => {
    const model = new Fixture({ input: IMAGE });
    const first = model.node("Transpose", [model.x], { perm: [2, 3, 0, 1] });
    const gain = model.node("Mul", [first, model.weights([6, 1, 3])]);
    await flattened(model, model.node("Transpose", [gain], { perm: [2, 1, 3, 0] }));
  });

  it("without perm, twice", async () => {
    const model = new Fixture({ input: IMAGE });
    const back = model.node("Mul", [model.node("Transpose", [model.x]), model.weights([6, 4, 1, 1])]);
    await flattened(model, model.node("Transpose", [back]));
  });
});

describe("Squeeze and Unsqueeze", () => {
  it.each([7, 13])("axes given, opset %d", async (opset) => {
    const model = new Fixture({ input: IMAGE, opset });
    const withAxes = (type: string, value: string, axes: number[]) =>
      opset < 13 ? model.node(type, [value], { axes }) : model.node(type, [value, model.int64s(axes)]);
    const pooled = model.node("GlobalAveragePool", [model.x]);
    const bare = withAxes("Squeeze", pooled, [2, 3]);
    const wide = withAxes("Unsqueeze", bare, [1, 3]);
    await flattened(model, model.node("Mul", [wide, model.weights([3, 2])]));
  });

  it("negative axes", async () => {
    const model = new Fixture({ input: IMAGE });
    const pooled = model.node("GlobalMaxPool", [model.x]);
    const bare = model.node("Squeeze", [pooled, model.int64s([-1, -2])]);
    await flattened(model, model.node("Unsqueeze", [bare, model.int64s([-1, 1])]));
  });

  it("all axes of length 1 but the batch", async () => {
    const model = new Fixture({ input: IMAGE });
    await flattened(model, model.node("Squeeze", [model.node("GlobalMaxPool", [model.x])]));
  });
});

describe("Concat", () => {
  it.each([1, 2, -1])("axis %d", async (axis) => {
    const model = new Fixture({ input: IMAGE });
    const other = model.node("Conv", [model.x, model.weights([3, 3, 1, 1])]);
    await flattened(model, model.node("Concat", [model.x, other, model.x], { axis }));
  });

  it("of vectors", async () => {
    const model = new Fixture({ input: ["N", 6] });
    const y = model.node("Concat", [model.node("Relu", [model.x]), model.node("Neg", [model.x])], {
      axis: 1,
    });
    await flattened(model, y);
  });

  it("of pooled maps, joined along channels", async () => {
    const model = new Fixture({ input: IMAGE });
    const pools = ["GlobalAveragePool", "GlobalMaxPool"].map((type) => model.node(type, [model.x]));
    await flattened(model, model.node("Concat", pools, { axis: 1 }));
  });

  it("with a constant, as a class token is", async () => {
    const model = new Fixture({ input: [1, 3, 4] });
    const y = model.node("Concat", [model.weights([1, 1, 4]), model.x], { axis: 1 });
    await flattened(model, y);
  });

  it("with a constant for as many images as there are", async () => {
    const model = new Fixture({ input: ["N", 3, 4] });
    const batch = model.node("Shape", [model.x], { start: 0, end: 1 });
    const shape = model.node("Concat", [batch, model.int64s([1, 4])], { axis: 0 });
    const token = model.node("Expand", [model.weights([1, 1, 4]), shape]);
    await flattened(model, model.node("Concat", [token, model.x], { axis: 1 }));
  });
});

describe("Slice", () => {
  const cases: [string, number[], number[], number[]?, number[]?][] = [
    ["first half of the channels", [0], [1], [1]],
    ["to the end, however far", [1], [2 ** 53], [3]],
    ["from the end", [-3], [-1], [3]],
    ["two axes", [1, 2], [3, 5], [2, 3]],
    ["every second", [0, 1], [4, 6], [2, 3], [2, 2]],
    ["every third, the last row cut", [1], [6], [3], [3]],
    ["backwards", [5], [-7], [3], [-1]],
    ["backwards, every second", [-1], [0], [3], [-2]],
    ["all axes without names", [0, 0, 1, 1], [2 ** 31, 3, 3, 4]],
  ];
  it.each(cases)("%s", async (_, starts, ends, axes, steps) => {
    const model = new Fixture({ input: IMAGE, opset: 13 });
    const inputs = [starts, ends, axes, steps].flatMap((list) => (list ? [model.int64s(list)] : []));
    await flattened(model, model.node("Slice", [model.x, ...inputs]));
  });

  it("with attributes, opset 9", async () => {
    const model = new Fixture({ input: IMAGE, opset: 9 });
    const y = model.node("Slice", [model.x], { starts: [1, 0], ends: [4, 5], axes: [2, 3] });
    await flattened(model, y);
  });

  it("space to depth, by slices with steps", async () => {
    const model = new Fixture({ input: IMAGE });
    const part = (row: number, column: number) =>
      model.node("Slice", [
        model.x,
        ...[
          [row, column],
          [2 ** 53, 2 ** 53],
          [2, 3],
          [2, 2],
        ].map((list) => model.int64s(list)),
      ]);
    const parts = [part(0, 0), part(1, 0), part(0, 1), part(1, 1)];
    await flattened(model, model.node("Concat", parts, { axis: 1 }));
  });

  it("of the batch is refused", async () => {
    const model = new Fixture({ input: [4, 3, 4, 6] });
    const y = model.node("Slice", [model.x, model.int64s([0]), model.int64s([1]), model.int64s([0])]);
    await refused(model, y, /batch axis/);
  });
});

describe("Split", () => {
  it("with lengths, opset 7", async () => {
    const model = new Fixture({ input: IMAGE, opset: 7 });
    const [a, b] = model.split("Split", [model.x], 2, { axis: 3, split: [2, 4] });
    await flattened(model, model.node("Concat", [b, a], { axis: 3 }));
  });

  it("with lengths, opset 13", async () => {
    const model = new Fixture({ input: IMAGE, opset: 13 });
    const [a, b, c] = model.split("Split", [model.x, model.int64s([1, 2, 3])], 3, { axis: -1 });
    await flattened(model, model.node("Concat", [c, a, b], { axis: 3 }));
  });

  it("in equal parts, opset 13", async () => {
    const model = new Fixture({ input: IMAGE, opset: 13 });
    const [a, b] = model.split("Split", [model.x], 2, { axis: 2 });
    await flattened(model, model.node("Sub", [a, b]));
  });

  it("num_outputs with a shorter last part, opset 18", async () => {
    const model = new Fixture({ input: IMAGE, opset: 18 });
    const [a, b, c, d] = model.split("Split", [model.x], 4, { axis: 3, num_outputs: 4 });
    // 2, 2, 2 and 0 are what 6 in 4 parts makes: three parts it is.
    expect([a, b, c, d]).toHaveLength(4);
    const three = new Fixture({ input: ["N", 3, 4, 5], opset: 18 });
    const [x, y, z] = three.split("Split", [three.x], 3, { axis: 3, num_outputs: 3 });
    await flattened(three, three.node("Concat", [z, y, x], { axis: 3 }));
  });
});

describe("Gather", () => {
  it.each([
    ["one value, its axis gone", [1], [], 2],
    ["a list", [2, 0, 2], [3], 1],
    ["from the end", [-1, -3], [2], 3],
    ["a table", [0, 2, 1, 1], [2, 2], 1],
  ])("%s", async (_, indices, dims, axis) => {
    const model = new Fixture({ input: IMAGE });
    const y = model.node("Gather", [model.x, model.int64s(indices, dims)], { axis });
    await flattened(model, y);
  });
});

describe("Expand and Tile", () => {
  it("Expand", async () => {
    const model = new Fixture({ input: IMAGE });
    const pooled = model.node("GlobalAveragePool", [model.x]);
    const grown = model.node("Expand", [pooled, model.int64s([1, 1, 2, 3])]);
    await flattened(model, model.node("Mul", [grown, model.weights([3, 2, 3])]));
  });

  it("Expand to more axes, which are added before the batch", async () => {
    const grown = (batch: number | string) => {
      const model = new Fixture({ input: [batch, 4] });
      const y = model.node("Expand", [model.x, model.int64s([1, 3, 1])]);
      return { model, y: model.node("Mul", [y, model.weights([3, 4])]) };
    };
    const one = grown(1);
    await flattened(one.model, one.model.node("Reshape", [one.y, one.model.int64s([1, 12])]));
    const many = grown("N");
    await refused(many.model, many.model.node("Reshape", [many.y, many.model.int64s([1, 12])]), /batch axis/);
  });

  it("Tile", async () => {
    const model = new Fixture({ input: IMAGE });
    const y = model.node("Tile", [model.x, model.int64s([1, 2, 1, 3])]);
    await flattened(model, y);
  });
});

describe("Pad", () => {
  const pads = [0, 0, 1, 2, 0, 0, 2, 1];
  it.each(["constant", "reflect", "edge"])("%s, opset 7", async (mode) => {
    const model = new Fixture({ input: IMAGE, opset: 7 });
    const value: Attributes = mode === "constant" ? { value: { float: 0.5 } } : {};
    await flattened(model, model.node("Pad", [model.x], { mode, pads, ...value }));
  });

  it.each(["constant", "reflect", "edge"])("%s, opset 13", async (mode) => {
    const model = new Fixture({ input: IMAGE, opset: 13 });
    await flattened(model, model.node("Pad", [model.x, model.int64s(pads)], { mode }));
  });

  it("with axes, a value and pads that crop, opset 18", async () => {
    const model = new Fixture({ input: IMAGE, opset: 18 });
    const inputs = [model.int64s([-1, 2, 1, -2]), model.floats([], [0.25]), model.int64s([3, 1])];
    await flattened(model, model.node("Pad", [model.x, ...inputs]));
  });

  it("channels, with zeros", async () => {
    const model = new Fixture({ input: IMAGE, opset: 11 });
    const y = model.node("Conv", [model.x, model.weights([3, 3, 1, 1])]);
    await flattened(model, model.node("Pad", [y, model.int64s([0, 1, 0, 0, 0, 2, 0, 0])]));
  });
});

describe("DepthToSpace and SpaceToDepth", () => {
  it.each(["DCR", "CRD"])("DepthToSpace %s", async (mode) => {
    const model = new Fixture({ input: ["N", 8, 3, 4], opset: 13 });
    await flattened(model, model.node("DepthToSpace", [model.x], { blocksize: 2, mode }));
  });

  it("SpaceToDepth", async () => {
    const model = new Fixture({ input: IMAGE, opset: 13 });
    await flattened(model, model.node("SpaceToDepth", [model.x], { blocksize: 2 }));
  });
});

describe("shuffles of channels", () => {
  it("by Reshape, Transpose, Reshape", async () => {
    const model = new Fixture({ input: ["N", 6, 4, 4] });
    const split = model.node("Reshape", [model.x, model.int64s([-1, 2, 3, 4, 4])]);
    const turned = model.node("Transpose", [split], { perm: [0, 2, 1, 3, 4] });
    const joined = model.node("Reshape", [turned, model.int64s([-1, 6, 4, 4])]);
    const y = model.node("Conv", [joined, model.weights([4, 3, 3, 3])], { group: 2 });
    await flattened(model, y);
  });

  it("by the arithmetic on shapes that tracing leaves", async () => {
    const model = new Fixture({ input: ["N", 6, 4, 4], opset: 13 });
    const length = (axis: number) =>
      model.node("Gather", [model.node("Shape", [model.x]), model.constant64([axis], [])], { axis: 0 });
    const lengths = [0, 1, 2, 3].map(length);
    const half = model.node("Div", [lengths[1], model.constant64([2], [])]);
    const whole = model.node("Cast", [model.node("Cast", [half], { to: 7 })], { to: 7 });
    const list = (...values: string[]) =>
      model.node(
        "Concat",
        values.map((value) => model.node("Unsqueeze", [value, model.constant64([0])])),
        { axis: 0 },
      );
    const two = model.constant64([2], []);
    const split = model.node("Reshape", [model.x, list(lengths[0], two, whole, lengths[2], lengths[3])]);
    const turned = model.node("Transpose", [split], { perm: [0, 2, 1, 3, 4] });
    const all = model.constant64([-1], []);
    const joined = model.node("Reshape", [turned, list(lengths[0], all, lengths[2], lengths[3])]);
    await flattened(model, model.node("Conv", [joined, model.weights([4, 3, 3, 3])], { group: 2 }));
  });
});

describe("values at places of their own", () => {
  const indices = (m: Fixture, values: readonly number[], dims: readonly number[]) => m.int64s(values, dims);

  it.each([0, 1, 2])("GatherElements along axis %d of an image", async (axis) => {
    const model = new Fixture({ input: ["N", 3, 8, 9], opset: 13 });
    const dims = [2, 3, 2].map((n, a) => (a === axis ? 4 : n));
    const places = Array.from(
      { length: dims[0] * dims[1] * dims[2] },
      (_, i) => (i % 3) - (i % 2 === 0 ? 3 : 0),
    );
    const shape = model.node(
      "Concat",
      [
        model.node("Slice", [model.node("Shape", [model.x]), model.int64s([0]), model.int64s([1])]),
        model.int64s(dims),
      ],
      { axis: 0 },
    );
    const table = model.node("Expand", [indices(model, places, [1, ...dims]), shape]);
    await flattened(model, model.node("GatherElements", [model.x, table], { axis: axis + 1 }));
  });

  it("ScatterND of a part, as a slice is assigned", async () => {
    const model = new Fixture({ input: ["N", 3, 5], opset: 13 });
    const count = model.node("Gather", [model.node("Shape", [model.x]), model.int64s([0], [])]);
    const images = model.node("Reshape", [
      model.node("Range", [model.int64s([0], []), count, model.int64s([1], [])]),
      model.int64s([-1, 1, 1]),
    ]);
    const zero = model.node("Mul", [images, model.int64s([0])]);
    const grid = (values: readonly number[], dims: readonly number[]) =>
      model.node("Add", [model.int64s(values, dims), zero]);
    const parts = [
      model.node("Add", [images, model.int64s([0, 0, 0, 0], [1, 2, 2])]),
      model.node("Add", [grid([0, 2], [1, 2, 1]), model.int64s([0, 0], [1, 1, 2])]),
      model.node("Add", [grid([1, 4], [1, 1, 2]), model.int64s([0, 0], [1, 2, 1])]),
    ].map((part) => model.node("Unsqueeze", [part, model.int64s([3])]));
    const table = model.node("Concat", parts, { axis: 3 });
    const updates = model.node("Exp", [
      model.node("Slice", [model.x, model.int64s([0, 0]), model.int64s([2, 2]), model.int64s([1, 2])]),
    ]);
    await flattened(model, model.node("ScatterND", [model.node("Tanh", [model.x]), table, updates]));
  });

  it.each([1, 2])("ScatterND of zeros, for %i images that the file is fixed to", async (batch) => {
    const model = new Fixture({ input: [batch, 6], opset: 13 });
    const rows = Array.from({ length: batch }, (_, n) => [n, 7, n, 0, n, 3].flat()).flat();
    const zeros = model.floats([batch, 9], new Array(batch * 9).fill(0));
    const part = model.node("Slice", [model.x, model.int64s([0]), model.int64s([3]), model.int64s([1])]);
    await flattened(model, model.node("ScatterND", [zeros, model.int64s(rows, [batch, 3, 2]), part]));
  });

  it.each(["image", "constant"])("ScatterElements into an %s", async (into) => {
    const model = new Fixture({ input: [1, 4], opset: 13 });
    const data =
      into === "image" ? model.node("Concat", [model.x, model.x], { axis: 1 }) : model.weights([1, 8]);
    await flattened(
      model,
      model.node("ScatterElements", [data, model.int64s([6, -8, 3, 1], [1, 4]), model.x], { axis: 1 }),
    );
  });

  it.each(["ScatterND", "ScatterElements"])("%s that adds, to some places more than once", async (type) => {
    const model = new Fixture({ input: [1, 6], opset: 16 });
    const data = model.node("Slice", [model.x, model.int64s([0]), model.int64s([3]), model.int64s([1])]);
    const places = [2, 0, 2, 1, 0, 2];
    const indices =
      type === "ScatterND"
        ? model.int64s(
            places.flatMap((i) => [0, i]),
            [1, 6, 2],
          )
        : model.int64s(places, [1, 6]);
    const axis: Attributes = type === "ScatterND" ? {} : { axis: 1 };
    await flattened(model, model.node(type, [data, indices, model.x], { reduction: "add", ...axis }));
  });

  it("GatherND of tokens that come before the images", async () => {
    const model = new Fixture({ input: ["N", 5, 3], opset: 13 });
    const turned = model.node("Transpose", [model.x], { perm: [1, 0, 2] });
    const taken = model.node("GatherND", [turned, model.int64s([4, 0, 2, 2], [2, 2, 1])]);
    const back = model.node("Transpose", [taken], { perm: [2, 0, 1, 3] });
    await flattened(model, back);
  });

  it("Gather of more places than there are parts", async () => {
    const model = new Fixture({ input: ["N", 40, 3], opset: 13 });
    const places = Array.from({ length: 50 }, (_, i) => (i * 17) % 40);
    const y = model.node("Gather", [model.x, model.int64s(places)], { axis: 1 });
    await flattened(model, model.node("Mul", [y, model.weights([50, 3])]));
  });

  it.each(["N", 1, 3])(
    "Gather of addresses of all values of %s images, as as_strided is written",
    async (batch) => {
      const model = new Fixture({ input: [batch, 6, 4], opset: 13 });
      const flat = model.node("Reshape", [model.x, model.int64s([-1])]);
      const count = model.node("Gather", [model.node("Shape", [model.x]), model.int64s([0], [])]);
      const range = model.node("Range", [model.int64s([0], []), count, model.int64s([1], [])]);
      const images = model.node("Reshape", [
        model.node("Mul", [range, model.int64s([24])]),
        model.int64s([-1, 1, 1]),
      ]);
      const own = model.int64s([0, 5, 23, 7, 1, 1], [1, 3, 2]);
      await flattened(model, model.node("Gather", [flat, model.node("Add", [images, own])]));
    },
  );

  it("addresses of other images' values are refused", async () => {
    const model = new Fixture({ input: ["N", 6], opset: 13 });
    const flat = model.node("Reshape", [model.x, model.int64s([-1])]);
    await refused(model, model.node("Gather", [flat, model.int64s([0, 1, 2, 3], [1, 4])]), /batch axis/);
  });

  it("other images' places are refused", async () => {
    const model = new Fixture({ input: ["N", 6], opset: 13 });
    const y = model.node("ScatterElements", [model.x, model.int64s([0, 0, 0, 0, 0, 0], [1, 6]), model.x], {
      axis: 0,
    });
    await refused(model, y, /batch axis.*batch size 1/);
  });
});
