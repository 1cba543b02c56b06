import sharp from "sharp";
import { describe, expect, it } from "vitest";
import { compile, type NetworkSpec } from "../../src/index.js";
import { drawBeforeAfter, drawPerturbation } from "../../src/node.js";

/** Two classes: whether the left or the right half of 8x8 pixels is brighter. */
const SPEC: NetworkSpec = {
  input: { name: "image", shape: [8, 8, 1] },
  nodes: [
    { op: "Flatten", name: "flat", inputs: ["image"] },
    {
      op: "Gemm",
      name: "scores",
      inputs: ["flat"],
      units: 2,
      weights: Float32Array.from({ length: 128 }, (_, i) => Number(i % 2 === Math.floor(i / 8) % 2)),
    },
  ],
  output: "scores",
};

const images = Float32Array.from({ length: 5 * 64 }, (_, i) => ((i * 7) % 64) / 64);
const perturbation = Float32Array.from({ length: 64 }, (_, i) => (i % 8 < 4 ? 0.1 : -0.1));

describe("drawBeforeAfter", () => {
  it("draws a column an image, up to as many as asked for, and names of classes", async () => {
    using net = await compile(SPEC);
    const draw = async (options?: Parameters<typeof drawBeforeAfter>[3]) =>
      sharp(await drawBeforeAfter(net, images, perturbation, options))
        .raw()
        .toBuffer({ resolveWithObject: true });
    const all = await draw();
    const two = await draw({ columns: 2 });
    expect(all.info.height).toBe(two.info.height);
    // Columns are as wide as each other, the space for v is not part of it.
    expect((all.info.width - two.info.width) % 3).toBe(0);
    expect(all.info.width).toBeGreaterThan(two.info.width);
    const named = await draw({ columns: 2, classNames: ["left", "right"] });
    expect(named.info).toEqual(two.info);
    expect(named.data.equals(two.data)).toBe(false);
    const titled = await draw({ columns: 2, title: "Another" });
    expect(titled.data.equals(two.data)).toBe(false);
  });

  it("draws what a network on vectors takes in the shape given", async () => {
    const [, scores] = SPEC.nodes;
    using net = await compile({
      ...SPEC,
      input: { name: "image", shape: [64] },
      nodes: [{ ...scores, inputs: ["image"] }],
    });
    const flat = await sharp(await drawBeforeAfter(net, images, perturbation)).metadata();
    const shape = [8, 8, 1];
    const square = await sharp(await drawBeforeAfter(net, images, perturbation, { shape })).metadata();
    expect(square.height).toBeGreaterThan(flat.height as number);
    await expect(drawBeforeAfter(net, images, perturbation, { shape: [8, 8, 3] })).rejects.toThrow(
      /^drawBeforeAfter: shape is 8x8x3, expected one of 64$/,
    );
  });

  it("rejects what does not fit", async () => {
    using net = await compile(SPEC);
    await expect(drawBeforeAfter(net, images.subarray(1), perturbation)).rejects.toThrow(/images has 319/);
    await expect(drawBeforeAfter(net, images, images)).rejects.toThrow(/perturbation has 320 values/);
    const predictions = { rate: 0, labels: new Int32Array(1), newLabels: new Int32Array(1) };
    await expect(drawBeforeAfter(net, images, perturbation, { predictions })).rejects.toThrow(
      /predictions are of 1 images, expected 5/,
    );
  });
});

describe("drawPerturbation", () => {
  it("draws it amplified, larger than it is, with what it is below", async () => {
    const { data, info } = await sharp(await drawPerturbation(perturbation, [8, 8, 1]))
      .raw()
      .toBuffer({ resolveWithObject: true });
    expect(info.width).toBeGreaterThan(320);
    // The left half is as white as it gets, the right half black.
    const at = (x: number, y: number) => data[(y * info.width + x) * info.channels];
    expect([at(info.width / 2 - 100, 100), at(info.width / 2 + 100, 100)]).toEqual([255, 0]);
    const about = await drawPerturbation(perturbation, [8, 8, 1], { about: "linf 0.1" });
    expect((await sharp(about).metadata()).width).toBeGreaterThanOrEqual(info.width);
    await expect(drawPerturbation(perturbation, [8, 8, 3])).rejects.toThrow(
      /^drawPerturbation: perturbation has 64 values, expected a Float32Array of 192 \(8x8x3\)$/,
    );
  });
});
