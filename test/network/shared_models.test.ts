import { readFile } from "node:fs/promises";
import { describe, expect, it } from "vitest";
import { createReferenceEngine } from "../../src/engines/reference.js";
import { buildNetwork } from "../../src/network/build.js";
import { openModel } from "../../src/network/import/open_model.js";
import { type InputTransform, resolveInput } from "../../src/network/input.js";
import { sizeOf } from "../../src/network/spec.js";
import { oneIn, quick } from "../support/portion.js";
import { hasShared, sharedPath } from "../support/shared.js";

interface Reference {
  /** Which images, or the file that holds them as the network reads them. */
  readonly imageSet: string;
  readonly indices: readonly number[];
  readonly referenceInput?: string;
  readonly preprocessing?: { readonly mean: readonly number[]; readonly std: readonly number[] };
  readonly values: readonly (readonly number[])[];
}

/** File, images to compare (the reference engine takes seconds for one of 224x224), and how the model ends. */
const MODELS: readonly [string, number, "logits" | "softmax"][] = [
  ["cifar10_resnet20/tfjs_layers/model.json", 4, "logits"],
  ["cifar10_resnet20/tfjs_graph/model.json", 4, "logits"],
  ["cifar10_resnet20/resnet20.onnx", 4, "logits"],
  ["cifar10_resnet20/resnet20_bn.onnx", 4, "logits"],
  ["mnist_cnn/tfjs_layers/model.json", 4, "logits"],
  ["mnist_cnn/mnist_cnn.onnx", 4, "logits"],
  ["thirdparty_advjs_cifar10_cnn/cifar10_cnn.json", 4, "softmax"],
  ["thirdparty_advjs_mnist_dnn/mnist_dnn.json", 4, "softmax"],
  ["thirdparty_fashion_mlp/model.json", 4, "softmax"],
  ["thirdparty_human_emotion_graph/emotion.json", 4, "softmax"],
  ["thirdparty_onnx/Convnet_maxpool.onnx", 4, "logits"],
  ["thirdparty_onnx/resnet_2b.onnx", 4, "logits"],
  ["imagenet_squeezenet1_1/tfjs_layers/model.json", 1, "logits"],
  ["imagenet_squeezenet1_1/tfjs_graph/model.json", 1, "logits"],
  ["imagenet_squeezenet1_1/squeezenet1_1.onnx", 1, "logits"],
  ["imagenet_mobilenetv2/tfjs_layers/model.json", 1, "logits"],
  ["imagenet_mobilenetv2/mobilenetv2.onnx", 1, "logits"],
  ["thirdparty_nsfwjs_mobilenet_v2/model.json", 1, "softmax"],
];

describe.skipIf(!hasShared)("pretrained models", () => {
  const large = MODELS.filter(([, count]) => count === 1);
  const small = MODELS.filter(([, count]) => count > 1);
  for (const [file, count, ending] of [...(quick ? small : []), ...oneIn(large.length, large)])
    it(`${file}: the outputs of ${count} images are those of its reference.json, to 1e-4`, async () => {
      const network = buildNetwork(await openModel(sharedPath("models", file)));
      expect(network.strippedSoftmax).toBe(ending === "softmax");
      const reference = await readReference(file);
      const { images, input } = await imagesOf(file.split("/")[0], reference, network.input.shape);
      using engine = createReferenceEngine(network, input);
      const size = sizeOf(network.input.shape);
      for (let i = 0; i < count; i++) {
        const { logits } = await engine.logits(images.subarray(i * size, (i + 1) * size));
        // Probabilities are compared by their logarithms: small ones count as much as large ones.
        const actual = ending === "softmax" ? logSoftmax(logits) : [...logits];
        const expected = reference.values[i].map(ending === "softmax" ? Math.log : Number);
        const largest = Math.max(...expected.map(Math.abs));
        const off = Math.max(...expected.map((value, c) => Math.abs(value - actual[c])));
        expect(off / largest, `image ${i}`).toBeLessThan(1e-4);
      }
    });
});

async function readReference(file: string): Promise<Reference> {
  const [model, name] = file.split("/");
  // A folder of several third-party models has a reference for each.
  const own = model === "thirdparty_onnx" ? `reference_${name.replace(".onnx", "")}.json` : "reference.json";
  return JSON.parse(await readFile(sharedPath("models", model, own), "utf8"));
}

/** Images of a reference, and what the network sees of them. */
async function imagesOf(
  model: string,
  { imageSet, indices, referenceInput, preprocessing }: Reference,
  shape: readonly number[],
): Promise<{ images: Float32Array; input: InputTransform }> {
  const channels = shape[shape.length - 1];
  if (referenceInput) {
    const bytes = await readFile(sharedPath("models", model, referenceInput.split(" ")[0]));
    const images = new Float32Array(Uint8Array.from(bytes).buffer);
    return { images, input: resolveInput({ range: [0, 1] }, channels) };
  }
  const pixels = await readFile(sharedPath("images", imageSet, "images.bin"));
  const size = sizeOf(shape);
  const images = new Float32Array(indices.length * size);
  indices.forEach((index, i) => {
    images.set(pixels.subarray(index * size, (index + 1) * size), i * size);
  });
  const { mean, std } = preprocessing ?? {};
  return { images, input: resolveInput({ range: [0, 255], mean, std }, channels) };
}

function logSoftmax(logits: Float32Array): number[] {
  const top = Math.max(...logits);
  const sum = logits.reduce((total, z) => total + Math.exp(z - top), 0);
  return Array.from(logits, (z) => z - top - Math.log(sum));
}
