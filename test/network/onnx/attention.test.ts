import { describe, expect, it } from "vitest";
import { UnsupportedOperatorError } from "../../../src/errors.js";
import { openModel } from "../../../src/network/import/open_model.js";
import { expectAgreement } from "./agree.js";
import { Fixture } from "./fixture.js";
import { TYPES } from "./writer.js";

const TOKENS = ["N", 6, 8] as const;
const BOTH = { engines: ["reference", "wasm"] } as const;

async function flattened(model: Fixture, value: string): Promise<void> {
  await expectAgreement(model.bytes(model.node("Flatten", [value])), model.options.input, BOTH);
}

function projected(model: Fixture, x: string, inputs: number, units: number): string {
  const product = model.node("MatMul", [x, model.weights([inputs, units])]);
  return model.node("Add", [product, model.weights([units])]);
}

describe("MatMul of two values", () => {
  it("without heads", async () => {
    const model = new Fixture({ input: TOKENS });
    const [q, k, v] = [4, 4, 5].map((units) => projected(model, model.x, 8, units));
    const turned = model.node("Transpose", [k], { perm: [0, 2, 1] });
    const scores = model.node("Div", [model.node("MatMul", [q, turned]), model.floats([], [2])]);
    await flattened(model, model.node("MatMul", [model.node("Softmax", [scores], { axis: -1 }), v]));
  });

  it("with heads, each brought forward by a Transpose", async () => {
    const model = new Fixture({ input: TOKENS });
    const heads = (value: string, perm: number[]) =>
      model.node("Transpose", [model.node("Reshape", [value, model.int64s([0, 6, 2, 4])])], { perm });
    const [q, k, v] = [0, 1, 2].map(() => projected(model, model.x, 8, 8));
    const scores = model.node("MatMul", [heads(q, [0, 2, 1, 3]), heads(k, [0, 2, 3, 1])]);
    const weights = model.node("Softmax", [model.node("Mul", [scores, model.floats([], [0.5])])], {
      axis: 3,
    });
    const mixed = model.node("MatMul", [weights, heads(v, [0, 2, 1, 3])]);
    const back = model.node("Reshape", [
      model.node("Transpose", [mixed], { perm: [0, 2, 1, 3] }),
      model.int64s([0, 6, 8]),
    ]);
    await flattened(model, projected(model, back, 8, 3));
  });

  it("tokens first, as nn.MultiheadAttention has them: images and heads are one axis", async () => {
    const model = new Fixture({ input: [1, 6, 8] });
    const turned = model.node("Transpose", [model.x], { perm: [1, 0, 2] });
    const heads = (value: string) =>
      model.node("Transpose", [model.node("Reshape", [value, model.int64s([6, 2, 4])])], { perm: [1, 0, 2] });
    const [q, k, v] = [0, 1, 2].map(() => heads(projected(model, turned, 8, 8)));
    const scores = model.node("MatMul", [q, model.node("Transpose", [k], { perm: [0, 2, 1] })]);
    const mixed = model.node("MatMul", [model.node("Softmax", [scores], { axis: -1 }), v]);
    const back = model.node("Reshape", [
      model.node("Transpose", [mixed], { perm: [1, 0, 2] }),
      model.int64s([6, 1, 8]),
    ]);
    await flattened(model, model.node("Transpose", [projected(model, back, 8, 3)], { perm: [1, 0, 2] }));
  });

  it.each(["N", 1, 2])(
    "tokens first and flattened with %s images, as nn.MultiheadAttention has them",
    async (batch) => {
      const model = new Fixture({ input: [batch, 6, 8] });
      const turned = model.node("Transpose", [model.x], { perm: [1, 0, 2] });
      const count = model.node("Gather", [model.node("Shape", [turned]), model.int64s([1])]);
      const times = (n: number) => model.node("Mul", [count, model.int64s([n])]);
      const shaped = (x: string, ...dims: (number | string)[]) => {
        const known = dims.every((n): n is number => typeof n === "number");
        const parts = dims.map((n) => (typeof n === "number" ? model.int64s([n]) : n));
        const list = known ? model.int64s(dims) : model.node("Concat", parts, { axis: 0 });
        return model.node("Reshape", [x, list]);
      };
      const images = (n: number) => (typeof batch === "number" ? n * batch : n === 1 ? count : times(n));
      const heads = (x: string) => model.node("Transpose", [shaped(x, 6, images(2), 4)], { perm: [1, 0, 2] });
      const [q, k, v] = [0, 1, 2].map(() => heads(projected(model, turned, 8, 8)));
      const scores = model.node("MatMul", [q, model.node("Transpose", [k], { perm: [0, 2, 1] })]);
      const mixed = model.node("MatMul", [model.node("Softmax", [scores], { axis: -1 }), v]);
      const rows = shaped(model.node("Transpose", [mixed], { perm: [1, 0, 2] }), images(6), 8);
      const out = model.node("Gemm", [rows, model.weights([3, 8]), model.weights([3])], { transB: 1 });
      const back = shaped(out, 6, images(1), 3);
      await flattened(model, model.node("Transpose", [back], { perm: [1, 0, 2] }));
    },
  );

  it.each([1, 2])("a token for each of %i images that the file is fixed to", async (batch) => {
    const model = new Fixture({ input: [batch, 6, 8] });
    const token = model.node("Expand", [model.weights([1, 1, 8]), model.int64s([batch, 1, 8])]);
    const tokens = model.node("Concat", [token, model.x], { axis: 1 });
    const moved = model.node("Add", [
      tokens,
      model.node("Expand", [model.weights([1, 8]), model.int64s([batch, 7, 8])]),
    ]);
    const grown = model.node("Expand", [
      model.node("ReduceMean", [moved], { axes: [1] }),
      model.int64s([batch, 2, 8]),
    ]);
    await flattened(
      model,
      model.node("MatMul", [
        grown,
        model.node("Expand", [model.weights([8, 3]), model.int64s([batch, 8, 3])]),
      ]),
    );
  });

  it.each(["Add", "Where"])("behind a mask of infinities, by %s", async (type) => {
    const model = new Fixture({ input: ["N", 4, 4], opset: 13 });
    const hidden = [0, 1, 2, 3].flatMap((row) => [0, 1, 2, 3].map((column) => column > row));
    const mask = model.floats(
      [4, 4],
      hidden.map((is) => (is ? -Infinity : 0)),
    );
    const condition = model.initializer({
      type: TYPES.bool,
      dims: [4, 4],
      raw: Uint8Array.from(hidden, Number),
    });
    const masked =
      type === "Add"
        ? model.node("Add", [model.x, mask])
        : model.node("Where", [condition, model.floats([], [-Infinity]), model.x]);
    await flattened(model, model.node("MatMul", [model.node("Softmax", [masked], { axis: -1 }), model.x]));
  });

  it("other tokens for other images are refused", async () => {
    const model = new Fixture({ input: [2, 6, 8] });
    const opening = openModel(
      model.bytes(model.node("Concat", [model.weights([2, 1, 8]), model.x], { axis: 1 })),
    );
    await expect(opening).rejects.toThrow(/other constants along the batch axis/);
  });

  it("in windows that lie along the batch axis, with a mask", async () => {
    const model = new Fixture({ input: ["N", 4, 4, 8] });
    // The image has its channels last: a Transpose says so.
    const first = model.node("Transpose", [model.x], { perm: [0, 2, 3, 1] });
    const grid = model.node("Reshape", [first, model.int64s([-1, 2, 2, 4, 2, 4])]);
    const windows = model.node("Transpose", [grid], { perm: [0, 1, 3, 2, 4, 5] });
    const rows = model.node("Reshape", [windows, model.int64s([-1, 8, 4])]);
    const [q, k, v] = [0, 1, 2].map(() => projected(model, rows, 4, 4));
    const scores = model.node("MatMul", [q, model.node("Transpose", [k], { perm: [0, 2, 1] })]);
    const split = model.node("Reshape", [scores, model.int64s([-1, 4, 8, 8])]);
    const masked = model.node("Add", [split, model.weights([1, 4, 8, 8])]);
    const joined = model.node("Reshape", [masked, model.int64s([-1, 8, 8])]);
    const mixed = model.node("MatMul", [model.node("Softmax", [joined], { axis: -1 }), v]);
    const back = model.node("Reshape", [mixed, model.int64s([-1, 2, 2, 2, 4, 4])]);
    const grouped = model.node("Transpose", [back], { perm: [0, 1, 3, 2, 4, 5] });
    await flattened(model, model.node("Reshape", [grouped, model.int64s([-1, 128])]));
  });

  it("with a constant that has matrices of its own for each head", async () => {
    for (const first of [true, false]) {
      const model = new Fixture({ input: ["N", 3, 4, 4] });
      const constant = model.weights([3, 4, 4]);
      await flattened(model, model.node("MatMul", first ? [constant, model.x] : [model.x, constant]));
    }
  });

  it("with leading axes that broadcast", async () => {
    const model = new Fixture({ input: ["N", 2, 3, 4] });
    const column = model.node("Unsqueeze", [model.x, model.int64s([2])]);
    const row = model.node("Unsqueeze", [
      model.node("Transpose", [model.x], { perm: [0, 1, 3, 2] }),
      model.int64s([1]),
    ]);
    await flattened(model, model.node("MatMul", [column, row]));
  });

  it("of a vector and a matrix, each of the image's own", async () => {
    const model = new Fixture({ input: ["N", 4, 4] });
    const mean = model.node("ReduceMean", [model.x], { axes: [1], keepdims: 1 });
    await flattened(model, model.node("MatMul", [mean, model.x]));
  });
});

describe("Einsum", () => {
  it.each([
    ["bij,bkj->bik", TOKENS],
    ["bij,bjk->bik", ["N", 6, 6]],
    ["bhid,bhjd->bhij", ["N", 2, 6, 4]],
    ["bhij,bjhd->bihd", ["N", 3, 3, 3]],
    ["bi,bj->bij", ["N", 5]],
    ["bid,bid->bi", TOKENS],
  ] as const)("%s", async (equation, input) => {
    const model = new Fixture({ input, opset: 13 });
    await flattened(model, model.node("Einsum", [model.x, model.node("Tanh", [model.x])], { equation }));
  });

  it("with weights", async () => {
    const model = new Fixture({ input: ["N", 4, 3, 5], opset: 13 });
    const y = model.node("Einsum", [model.x, model.weights([4, 6])], { equation: "bchw,ck->bkhw" });
    await flattened(model, y);
  });

  it("of one value: axes turned and summed", async () => {
    const model = new Fixture({ input: ["N", 4, 3, 5], opset: 13 });
    await flattened(model, model.node("Einsum", [model.x], { equation: "bchw -> bwc" }));
  });
});

describe("products across images are refused", () => {
  const mixes: Record<string, (model: Fixture) => string> = {
    "images along rows": (m) => m.node("MatMul", [m.x, m.node("Transpose", [m.x], { perm: [1, 0] })]),
    "images along the sum": (m) => m.node("MatMul", [m.node("Transpose", [m.x], { perm: [1, 0] }), m.x]),
  };
  it.each(Object.keys(mixes))("%s", async (name) => {
    const model = new Fixture({ input: ["N", 8] });
    const opening = openModel(model.bytes(mixes[name](model)));
    await expect(opening).rejects.toBeInstanceOf(UnsupportedOperatorError);
    await expect(opening).rejects.toThrow(/batch axis/);
  });
});
