import { describe, it } from "vitest";
import { expectAgreement, type InputDims } from "./agree.js";
import { Fixture, type FixtureOptions } from "./fixture.js";
import type { Attribute } from "./writer.js";

const IMAGE = ["N", 3, 9, 8] as const;
const BOTH = { engines: ["reference", "wasm"] } as const;

/** One node on an image, its result flattened. */
async function one(
  type: string,
  attributes: Readonly<Record<string, Attribute>>,
  weights: readonly (readonly number[])[] = [],
  options: Partial<FixtureOptions> = {},
): Promise<void> {
  const input: InputDims = options.input ?? IMAGE;
  const model = new Fixture({ input, ...options });
  const inputs = weights.map((dims) => model.weights(dims));
  const y = model.node(type, [model.x, ...inputs], attributes);
  await expectAgreement(model.bytes(model.node("Flatten", [y])), input, { engines: ["reference", "wasm"] });
}

describe("Conv", () => {
  const cases: [string, Record<string, Attribute>, number[][], Partial<FixtureOptions>?][] = [
    ["without kernel_shape", {}, [[4, 3, 3, 2]]],
    ["with a bias", { kernel_shape: [3, 3] }, [[4, 3, 3, 3], [4]]],
    ["unequal pads", { pads: [1, 0, 2, 1], auto_pad: "NOTSET" }, [[4, 3, 3, 3], [4]]],
    ["strides and dilations", { strides: [2, 1], dilations: [2, 3], pads: [1, 1, 1, 1] }, [[4, 3, 3, 2]]],
    ["auto_pad SAME_UPPER", { auto_pad: "SAME_UPPER", strides: [2, 2] }, [[4, 3, 4, 3]]],
    ["auto_pad SAME_LOWER", { auto_pad: "SAME_LOWER", strides: [2, 2] }, [[4, 3, 4, 3]]],
    ["auto_pad VALID", { auto_pad: "VALID", strides: [2, 3] }, [[4, 3, 4, 3]]],
    ["groups", { group: 3, pads: [1, 1, 1, 1] }, [[6, 1, 3, 3], [6]]],
    [
      "over one axis",
      { pads: [1, 2], strides: [2], dilations: [2] },
      [[4, 3, 3], [4]],
      { input: ["N", 3, 12] },
    ],
    ["opset 7", { kernel_shape: [3, 3] }, [[4, 3, 3, 3], [4]], { opset: 7, ir: 3, weightsAreInputs: true }],
  ];
  it.each(cases)("%s", (_, attributes, weights, options) => one("Conv", attributes, weights, options));
});

describe("ConvTranspose", () => {
  const cases: [string, Record<string, Attribute>, number[][], Partial<FixtureOptions>?][] = [
    ["plain, with a bias", {}, [[3, 4, 3, 2], [4]]],
    ["strides that divide the kernel", { strides: [2, 2] }, [[3, 4, 4, 2], [4]]],
    ["strides that do not", { strides: [2, 3] }, [[3, 4, 3, 4]]],
    ["a stride beyond the kernel", { strides: [3, 3] }, [[3, 2, 2, 2], [2]]],
    ["pads", { strides: [2, 2], pads: [1, 0, 2, 1] }, [[3, 4, 4, 4]]],
    ["output_padding", { strides: [2, 3], pads: [1, 1, 1, 1], output_padding: [1, 2] }, [[3, 4, 3, 3], [4]]],
    ["output_shape", { strides: [2, 2], output_shape: [18, 17] }, [[3, 4, 3, 3]]],
    ["auto_pad SAME_UPPER", { strides: [2, 2], auto_pad: "SAME_UPPER" }, [[3, 4, 3, 3]]],
    ["auto_pad SAME_LOWER", { strides: [2, 2], auto_pad: "SAME_LOWER" }, [[3, 4, 3, 3]]],
    ["dilations", { strides: [2, 1], dilations: [2, 3] }, [[3, 4, 2, 3]]],
    ["groups", { strides: [2, 2], group: 3 }, [[3, 2, 3, 3], [6]]],
    ["over one axis", { strides: [2], pads: [1, 1] }, [[3, 4, 3], [4]], { input: ["N", 3, 12] }],
  ];
  it.each(cases)("%s", (_, attributes, weights, options) =>
    one("ConvTranspose", attributes, weights, options),
  );
});

describe.each(["MaxPool", "AveragePool"])("%s", (type) => {
  const cases: [string, Record<string, Attribute>, Partial<FixtureOptions>?][] = [
    ["plain", { kernel_shape: [2, 3] }],
    ["strides", { kernel_shape: [3, 3], strides: [2, 2] }],
    ["unequal pads", { kernel_shape: [3, 3], strides: [2, 2], pads: [0, 1, 1, 0] }],
    ["ceil_mode", { kernel_shape: [2, 3], strides: [2, 2], ceil_mode: 1 }],
    ["ceil_mode with pads", { kernel_shape: [3, 3], strides: [2, 3], pads: [1, 1, 1, 1], ceil_mode: 1 }],
    ["auto_pad SAME_UPPER", { kernel_shape: [2, 2], strides: [2, 2], auto_pad: "SAME_UPPER" }],
    ["auto_pad SAME_LOWER", { kernel_shape: [3, 2], strides: [2, 2], auto_pad: "SAME_LOWER" }],
    ["auto_pad VALID", { kernel_shape: [3, 2], strides: [2, 2], auto_pad: "VALID" }],
    ["over one axis", { kernel_shape: [3], strides: [2], pads: [1, 1] }, { input: ["N", 3, 12] }],
    ["opset 7", { kernel_shape: [3, 3], strides: [2, 2] }, { opset: 7 }],
    ["dilations", { kernel_shape: [3, 2], dilations: [2, 3], strides: [1, 2] }, { opset: 19 }],
    ["dilations with pads", { kernel_shape: [2, 3], dilations: [3, 2], pads: [1, 2, 1, 1] }, { opset: 19 }],
  ];
  it.each(cases)("%s", (_, attributes, options) => one(type, attributes, [], options));
});

describe("MaxPool alone", () => {
  it("storage_order", () => one("MaxPool", { kernel_shape: [2, 2], storage_order: 1 }));
});

describe("AveragePool alone", () => {
  const cases: [string, Record<string, Attribute>][] = [
    ["count_include_pad", { kernel_shape: [3, 3], pads: [1, 1, 1, 1], count_include_pad: 1 }],
    [
      "count_include_pad and ceil_mode",
      { kernel_shape: [3, 3], strides: [2, 3], pads: [1, 1, 1, 1], count_include_pad: 1, ceil_mode: 1 },
    ],
    [
      "count_include_pad without pads",
      { kernel_shape: [2, 2], strides: [2, 2], count_include_pad: 1, ceil_mode: 1 },
    ],
    ["count_include_pad, unequal", { kernel_shape: [3, 2], pads: [0, 0, 2, 1], count_include_pad: 1 }],
    [
      "count_include_pad, SAME_UPPER",
      { kernel_shape: [2, 2], strides: [2, 2], auto_pad: "SAME_UPPER", count_include_pad: 1 },
    ],
  ];
  it.each(cases)("%s", (_, attributes) => one("AveragePool", attributes));
});

describe("layers on several parts of an image", () => {
  /** Convolution and pools, then a mean over the parts. */
  const network = (m: Fixture, parts: string, split: readonly number[], axis: number): string => {
    const conv = m.node("Conv", [parts, m.weights([4, 3, 3, 3]), m.weights([4])], { pads: [1, 0, 1, 0] });
    const pooled = m.node("MaxPool", [m.node("Relu", [conv])], { kernel_shape: [2, 2], strides: [2, 1] });
    const mean = m.node("AveragePool", [pooled], { kernel_shape: [2, 2] });
    const features = m.node("Flatten", [m.node("GlobalMaxPool", [mean])]);
    const apart = m.node("Reshape", [features, m.int64s(split)]);
    return m.node("ReduceMean", [apart], { axes: [axis], keepdims: 0 });
  };

  it("crops of each, in one batch", async () => {
    const model = new Fixture({ input: IMAGE, opset: 13 });
    const crop = (row: number) => {
      const ends = [row, row + 6].map((at) => model.int64s([at]));
      return model.node("Unsqueeze", [
        model.node("Slice", [model.x, ...ends, model.int64s([2])]),
        model.int64s([1]),
      ]);
    };
    const crops = model.node("Concat", [crop(0), crop(2), crop(3)], { axis: 1 });
    const batch = model.node("Reshape", [crops, model.int64s([-1, 3, 6, 8])]);
    await expectAgreement(model.bytes(network(model, batch, [-1, 3, 4], 1)), IMAGE, BOTH);
  });

  it("the image and its mirror image in one batch, in a file for one image", async () => {
    const input = [1, 3, 9, 8] as const;
    const model = new Fixture({ input, opset: 13 });
    const mirrored = model.node("Slice", [
      model.x,
      ...[[-1], [-9], [3], [-1]].map((list) => model.int64s(list)),
    ]);
    const batch = model.node("Concat", [model.x, mirrored], { axis: 0 });
    await expectAgreement(model.bytes(network(model, batch, [2, 1, 4], 0)), input, BOTH);
  });
});

it("Conv of more axes than an image has, one of which its kernel does not reach along", async () => {
  const model = new Fixture({ input: ["N", 6, 5, 8], opset: 13 });
  const volume = model.node("Reshape", [model.x, model.int64s([0, 2, 3, 5, 8])]);
  const attributes = { strides: [1, 2, 1], pads: [0, 1, 0, 0, 1, 0] };
  const y = model.node("Conv", [volume, model.weights([4, 2, 1, 3, 2]), model.weights([4])], attributes);
  const z = model.node("Conv", [model.node("Tanh", [y]), model.weights([3, 4, 3, 1, 1])]);
  await expectAgreement(model.bytes(model.node("Flatten", [z])), model.options.input, BOTH);
});

describe("pools of more axes than an image has, some of which they leave alone", () => {
  it.each(["MaxPool", "AveragePool"])("%s", async (type) => {
    const model = new Fixture({ input: ["N", 6, 5, 8], opset: 13 });
    const volume = model.node("Reshape", [model.x, model.int64s([0, 2, 3, 5, 8])]);
    const attributes = { kernel_shape: [1, 3, 2], strides: [1, 2, 1], pads: [0, 1, 0, 0, 1, 0] };
    const pooled = model.node(type, [volume], attributes);
    await expectAgreement(model.bytes(model.node("Flatten", [pooled])), model.options.input);
  });
});

describe("whole images", () => {
  it.each(["GlobalAveragePool", "GlobalMaxPool"])("%s", (type) => one(type, {}));
  it.each(["GlobalAveragePool", "GlobalMaxPool"])("%s over one axis", (type) =>
    one(type, {}, [], { input: ["N", 3, 12] }),
  );
});

describe("BatchNormalization", () => {
  async function normalised(input: InputDims, attributes: Record<string, Attribute>, opset = 15) {
    const model = new Fixture({ input, opset });
    const statistics = [0.5, -1, -1, 0.3].map((low) => model.uniform([3], low, low + 1.5));
    const y = model.node("BatchNormalization", [model.x, ...statistics], attributes);
    await expectAgreement(model.bytes(model.node("Flatten", [y])), input, { engines: ["reference", "wasm"] });
  }
  it("of images", () => normalised(IMAGE, { epsilon: { float: 1e-3 } }));
  it("of vectors", () => normalised(["N", 3], {}));
  it("of sequences", () => normalised(["N", 3, 12], { training_mode: 0 }));
  it("opset 7", () => normalised(IMAGE, { momentum: { float: 0.9 } }, 7));
});
