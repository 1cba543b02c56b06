import { readFile } from "node:fs/promises";
import { describe, expect, it } from "vitest";
import { createReferenceEngine } from "../../src/engines/reference.js";
import { buildNetwork } from "../../src/network/build.js";
import { openModel } from "../../src/network/import/open_model.js";
import { resolveInput } from "../../src/network/input.js";
import { sizeOf } from "../../src/network/spec.js";
import { hasShared, sharedPath } from "../support/shared.js";

interface Reference {
  readonly imageSet: string;
  readonly indices: readonly number[];
  readonly preprocessing: { readonly mean: readonly number[]; readonly std: readonly number[] };
  readonly values: readonly (readonly number[])[];
}

/** File, images to compare (the reference engine takes seconds for one of 224x224), and how the model ends. */
const MODELS: readonly [string, number, "logits" | "softmax"][] = [
  ["cifar10_resnet20/tfjs_layers/model.json", 4, "logits"],
  ["mnist_cnn/tfjs_layers/model.json", 4, "logits"],
  ["thirdparty_advjs_cifar10_cnn/cifar10_cnn.json", 4, "softmax"],
  ["thirdparty_advjs_mnist_dnn/mnist_dnn.json", 4, "softmax"],
  ["thirdparty_fashion_mlp/model.json", 4, "softmax"],
  ["imagenet_squeezenet1_1/tfjs_layers/model.json", 1, "logits"],
  ["imagenet_mobilenetv2/tfjs_layers/model.json", 1, "logits"],
  ["thirdparty_nsfwjs_mobilenet_v2/model.json", 1, "softmax"],
];

describe.skipIf(!hasShared)("pretrained models", () => {
  for (const [file, count, ending] of MODELS)
    it(`${file}: the outputs of ${count} images are those of its reference.json, to 1e-4`, async () => {
      const network = buildNetwork(await openModel(sharedPath("models", file)));
      expect(network.strippedSoftmax).toBe(ending === "softmax");
      const reference: Reference = JSON.parse(
        await readFile(sharedPath("models", file.split("/")[0], "reference.json"), "utf8"),
      );
      const { mean, std } = reference.preprocessing;
      const { shape } = network.input;
      const input = resolveInput({ range: [0, 255], mean, std }, shape[shape.length - 1]);
      using engine = createReferenceEngine(network, input);
      const pixels = await readFile(sharedPath("images", reference.imageSet, "images.bin"));
      const size = sizeOf(shape);
      for (let i = 0; i < count; i++) {
        const start = reference.indices[i] * size;
        const { logits } = await engine.logits(Float32Array.from(pixels.subarray(start, start + size)));
        // Probabilities are compared by their logarithms: small ones count as much as large ones.
        const actual = ending === "softmax" ? logSoftmax(logits) : [...logits];
        const expected = reference.values[i].map(ending === "softmax" ? Math.log : Number);
        const largest = Math.max(...expected.map(Math.abs));
        const off = Math.max(...expected.map((value, c) => Math.abs(value - actual[c])));
        expect(off / largest, `image ${i}`).toBeLessThan(1e-4);
      }
    });

  it("a GraphModel is refused by its name", async () => {
    const path = sharedPath("models/thirdparty_human_emotion_graph/emotion.json");
    await expect(openModel(path)).rejects.toThrow(/emotion\.json: it is a GraphModel/);
  });
});

function logSoftmax(logits: Float32Array): number[] {
  const top = Math.max(...logits);
  const sum = logits.reduce((total, z) => total + Math.exp(z - top), 0);
  return Array.from(logits, (z) => z - top - Math.log(sum));
}
