import { describe, it } from "vitest";
import { expectAgreement } from "./agree.js";
import { Fixture } from "./fixture.js";
import type { Attribute } from "./writer.js";

const IMAGE = ["N", 3, 6, 5] as const;
const BOTH = { engines: ["reference", "wasm"] } as const;

async function flattened(model: Fixture, value: string): Promise<void> {
  await expectAgreement(model.bytes(model.node("Flatten", [value])), model.options.input, BOTH);
}

const COORDINATES = ["half_pixel", "pytorch_half_pixel", "align_corners", "asymmetric"] as const;
const ROUNDING = ["round_prefer_floor", "round_prefer_ceil", "floor", "ceil"] as const;
const SCALES: readonly (readonly number[])[] = [
  [1, 1, 2, 2],
  [1, 1, 0.5, 0.6],
  [1, 1, 1.5, 2.4],
];

describe.each(COORDINATES)("Resize, %s", (mode) => {
  it.each(ROUNDING)("nearest, %s", async (nearest) => {
    for (const scales of SCALES) {
      const model = new Fixture({ input: IMAGE, opset: 13 });
      const y = model.node("Resize", [model.x, "", model.floats([4], scales)], {
        mode: "nearest",
        coordinate_transformation_mode: mode,
        nearest_mode: nearest,
      });
      await flattened(model, y);
    }
  });

  it.each(["linear", "cubic"])("%s", async (interpolation) => {
    for (const scales of SCALES) {
      const model = new Fixture({ input: IMAGE, opset: 11 });
      const roi = model.floats([0], []);
      const y = model.node("Resize", [model.x, roi, model.floats([4], scales)], {
        mode: interpolation,
        coordinate_transformation_mode: mode,
      });
      await flattened(model, y);
    }
  });

  it("by sizes", async () => {
    for (const interpolation of ["nearest", "linear"]) {
      const model = new Fixture({ input: IMAGE, opset: 13 });
      const sizes = model.int64s([1, 3, 4, 11]);
      const attributes: Record<string, Attribute> = {
        mode: interpolation,
        coordinate_transformation_mode: mode,
      };
      // The batch is 1 in sizes that a tracer wrote down.
      const fixed = new Fixture({ input: [1, 3, 6, 5], opset: 13 });
      const again = fixed.node("Resize", [fixed.x, "", "", fixed.int64s([1, 3, 4, 11])], attributes);
      await flattened(fixed, again);
      void model.node("Resize", [model.x, "", "", sizes], attributes);
    }
  });
});

describe("Resize of other opsets", () => {
  it.each(["nearest", "linear"])("10, %s", async (mode) => {
    const model = new Fixture({ input: IMAGE, opset: 10 });
    const y = model.node("Resize", [model.x, model.floats([4], [1, 1, 2, 3])], { mode });
    await flattened(model, y);
  });

  it("18, axes and sizes of those alone", async () => {
    const model = new Fixture({ input: IMAGE, opset: 18 });
    const y = model.node("Resize", [model.x, "", "", model.int64s([3, 9])], { mode: "linear", axes: [2, 3] });
    await flattened(model, y);
  });

  const shrunk = async (attributes: Record<string, Attribute>, scales = [1, 1, 0.4, 0.6]) => {
    const model = new Fixture({ input: ["N", 3, 11, 9], opset: 18 });
    await flattened(model, model.node("Resize", [model.x, "", model.floats([4], scales)], attributes));
  };

  it.each(["linear", "cubic"])("%s with antialias", async (mode) => {
    for (const coordinate_transformation_mode of ["half_pixel", "align_corners", "asymmetric"])
      for (const scales of [
        [1, 1, 0.4, 0.6],
        [1, 1, 0.25, 2],
      ])
        await shrunk({ mode, antialias: 1, coordinate_transformation_mode }, scales);
  });

  it("cubic without what lies outside", async () => {
    await shrunk({ mode: "cubic", exclude_outside: 1 });
    await shrunk({ mode: "cubic", exclude_outside: 1 }, [1, 1, 2, 1.5]);
    await shrunk({ mode: "cubic", exclude_outside: 1, antialias: 1 });
  });

  it("cubic with its coefficient", async () => {
    const model = new Fixture({ input: IMAGE, opset: 13 });
    const y = model.node("Resize", [model.x, "", model.floats([4], [1, 1, 2, 2])], {
      mode: "cubic",
      cubic_coeff_a: { float: -0.5 },
    });
    await flattened(model, y);
  });
});

describe("Upsample", () => {
  it.each(["nearest", "linear"])("%s, scales as attribute, opset 7", async (mode) => {
    const model = new Fixture({ input: IMAGE, opset: 7 });
    await flattened(model, model.node("Upsample", [model.x], { mode, scales: { floats: [1, 1, 2, 2] } }));
  });

  it.each(["nearest", "linear"])("%s, scales as input, opset 9", async (mode) => {
    const model = new Fixture({ input: IMAGE, opset: 9 });
    await flattened(model, model.node("Upsample", [model.x, model.floats([4], [1, 1, 2, 1.5])], { mode }));
  });
});
