import { describe, expect, it } from "vitest";
import { convnext } from "../../bench/convnext.js";
import { efficientnet } from "../../bench/efficientnet.js";
import { drawImages } from "../../bench/images.js";
import { CONV_SHAPES, outputSize, shapeName } from "../../bench/shapes.js";
import { resnet20, squeezenet } from "../../bench/small_networks.js";
import { vgg16 } from "../../bench/vgg16.js";
import { VIT_TINY, vit } from "../../bench/vit.js";
import { forward64 } from "../../src/engines/reference.js";
import { factsOf } from "../../src/kernels/operators/facts_of.js";
import { buildNetwork } from "../../src/network/build.js";
import { resolveInput } from "../../src/network/input.js";
import { type NetworkSpec, type Shape, sizeOf } from "../../src/network/spec.js";

describe("layer shapes", () => {
  it("have names of their own and outputs", () => {
    const names = CONV_SHAPES.map(shapeName);
    expect(new Set(names).size).toBe(names.length);
    for (const shape of CONV_SHAPES) expect(Math.min(...outputSize(shape))).toBeGreaterThan(0);
  });

  it("shrink as the networks do", () => {
    const first = CONV_SHAPES.find((s) => s.network === "squeezenet")!;
    expect(outputSize(first)).toEqual([111, 111]);
    expect(shapeName(first)).toBe("3x3s2_224x224x3-64");
  });
});

describe("vgg16", () => {
  it("has the shapes of the paper and He weights", () => {
    const network = buildNetwork(vgg16(1, 32, 16, 10));
    const convolutions = network.nodes.filter((n) => n.op === "Conv");
    expect(convolutions.map((n) => n.filters)).toEqual([
      64, 64, 128, 128, 256, 256, 256, 512, 512, 512, 512, 512, 512,
    ]);
    const { weights } = convolutions[12];
    const variance = weights.reduce((sum, w) => sum + w * w, 0) / weights.length;
    // 2.4 million draws: the sample's relative deviation is below 1e-3.
    expect(variance * 9 * 512).toBeGreaterThan(1.99);
    expect(variance * 9 * 512).toBeLessThan(2.01);
    expect(network.classes).toBe(10);
  });

  it("is the same for the same seed only", () => {
    const weights = (seed: number) => {
      const [first] = vgg16(seed, 32, 8, 4).nodes;
      return first.op === "Conv" ? first.weights.slice(0, 8) : undefined;
    };
    expect(weights(1)).toEqual(weights(1));
    expect(weights(1)).not.toEqual(weights(2));
  });
});

describe("stand-ins for pretrained networks", () => {
  it("have the weights and the work of the originals", () => {
    const macs = (spec: NetworkSpec): number =>
      buildNetwork(spec).nodes.reduce((sum, node) => {
        if (node.op === "Gemm") return sum + node.weights.length;
        return node.op === "Conv" ? sum + node.shape[0] * node.shape[1] * node.weights.length : sum;
      }, 0);
    const weights = (spec: NetworkSpec): number =>
      spec.nodes.reduce((sum, node) => ("weights" in node ? sum + node.weights.length : sum), 0);
    // Weights as the pretrained models have them.
    expect(weights(resnet20(1))).toBe(270_896);
    expect(macs(resnet20(1)) / 1e6).toBeCloseTo(41.1, 0);
    expect(weights(squeezenet(1))).toBe(1_231_552);
    expect(macs(squeezenet(1)) / 1e6).toBeCloseTo(349, 0);
    expect(buildNetwork(squeezenet(1)).classes).toBe(1000);
  });
});

describe("transformers and what came after", () => {
  const images = (shape: Shape, n: number) => {
    const { values } = drawImages(shape, n, 1);
    const size = sizeOf(shape);
    return Array.from({ length: n }, (_, i) => Float64Array.from(values.subarray(i * size, (i + 1) * size)));
  };

  it.each<[string, NetworkSpec, number, number]>([
    // Weights with those of normalisations, as timm has them; B0 and ConvNeXt with batch norm and layer scale apart.
    ["ViT-tiny", vit(1, VIT_TINY), 5_717_416, 1254],
    ["EfficientNet-B0", efficientnet(1), 5_267_540, 386],
    ["ConvNeXt-T", convnext(1), 28_589_128, 4455],
  ])("%s has the weights and the work of the original", (_, spec, weights, macs) => {
    const { nodes, classes } = buildNetwork(spec);
    const own = nodes.filter(({ op, shape }) => op !== "Constant" || sizeOf(shape) > 1);
    expect(own.flatMap((node) => factsOf(node).weights(node)).reduce((sum, w) => sum + w.length, 0)).toBe(
      weights,
    );
    const work = nodes.reduce((sum, node) => sum + factsOf(node).multiplyAdds(node), 0) / 1e6;
    expect(Math.abs(work / macs - 1)).toBeLessThan(0.01);
    expect(classes).toBe(1000);
  });

  it.each<[string, NetworkSpec]>([
    ["a vision transformer", vit(2, { image: 32, patch: 8, width: 24, blocks: 3, heads: 3, classes: 9 })],
    ["an EfficientNet", efficientnet(3, 32, 9)],
    ["a ConvNeXt", convnext(4, 32, 9)],
  ])("%s tells images and classes apart, and stays finite", (_, spec) => {
    const network = buildNetwork(spec);
    const [a, b] = images(network.input.shape, 2).map(
      (image) => forward64(network, resolveInput(undefined, 3), image).get(network.output)!,
    );
    expect(new Set(a).size).toBe(9);
    expect(a).not.toEqual(b);
    const largest = Math.max(...[...a, ...b].map(Math.abs));
    expect(largest).toBeGreaterThan(1e-4);
    expect(largest).toBeLessThan(100);
  });
});

describe("drawImages", () => {
  it("draws images in range, neighbouring pixels alike, each image another", () => {
    const { values } = drawImages([16, 16, 3], 2, 5);
    expect(values.every((v) => v >= 0 && v <= 1)).toBe(true);
    expect(values.slice(0, 768)).not.toEqual(values.slice(768));
    const step = (by: number) =>
      values.slice(0, 720).reduce((sum, v, i) => sum + Math.abs(v - values[i + by]), 0);
    // A pixel resembles its neighbour more than the one half the image away.
    expect(step(3)).toBeLessThan(step(384));
  });
});
