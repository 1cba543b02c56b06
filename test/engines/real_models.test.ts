import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { jacobian64 } from "../../src/engines/reference.js";
import { buildNetwork } from "../../src/network/build.js";
import { openModel } from "../../src/network/import/open_model.js";
import { resolveInput } from "../../src/network/input.js";
import { type Network, sizeOf } from "../../src/network/spec.js";
import { sharedFloats, sharedImages } from "../support/images.js";
import { portionOf } from "../support/portion.js";
import { hasShared, sharedPath } from "../support/shared.js";
import { chromiumEngines } from "./chromium_engines.js";
import { expectSameBits } from "./comparison.js";
import { type EngineUnderTest, wasmEngines } from "./engines.js";
import { type Flip, linearPiece } from "./linear_piece.js";
import { webgpuEngines } from "./webgpu_engines.js";

interface Reference {
  readonly imageSet: string;
  readonly indices: readonly number[];
  readonly preprocessing: { readonly mean: readonly number[]; readonly std: readonly number[] };
  readonly values: readonly (readonly number[])[];
}

interface Golden {
  readonly imageSet: string;
  readonly mean: readonly number[];
  readonly std: readonly number[];
  readonly jacobian: { readonly shape: readonly number[]; readonly classes: readonly (readonly number[])[] };
}

interface Model {
  readonly file: string;
  /** Gradients of its first image that the oracle is asked for: on 224x224 it takes seconds each. */
  readonly gradients: number;
  /** What gradients agree to, if it is not {@link CLAIMED}: MobileNetV2 has 53 layers, and relus with a kink more. */
  readonly agreement?: number;
  /** What values of a layer do, if it is not {@link LAYER_ERROR}: of these networks some sums are far smaller than their terms. */
  readonly layerError?: number;
}

const MODELS: readonly Model[] = [
  { file: "cifar10_resnet20/tfjs_layers/model.json", gradients: 10 },
  { file: "mnist_cnn/tfjs_layers/model.json", gradients: 10 },
  { file: "thirdparty_advjs_cifar10_cnn/cifar10_cnn.json", gradients: 10 },
  { file: "thirdparty_advjs_mnist_dnn/mnist_dnn.json", gradients: 10 },
  { file: "thirdparty_fashion_mlp/model.json", gradients: 10 },
  { file: "imagenet_squeezenet1_1/tfjs_layers/model.json", gradients: 2 },
  {
    file: "imagenet_mobilenetv2/tfjs_layers/model.json",
    gradients: 1,
    agreement: 2e-6,
    layerError: 2 ** -16,
  },
  { file: "thirdparty_nsfwjs_mobilenet_v2/model.json", gradients: 1, agreement: 2e-6, layerError: 2 ** -16 },
];

/**
 * In a page kernels compile slowly, and each adapter there computes on the processor: models of small images. In Node WebGPU
 * takes half a minute for a model of large ones where there is no GPU, and the oracle a quarter of one.
 */
const SMALL = /mnist_cnn|resnet20/;
const LARGE = /imagenet|nsfwjs/;
function enginesFor(file: string): EngineUnderTest[] {
  if (SMALL.test(file))
    return portionOf<EngineUnderTest>({ quick: [...wasmEngines, ...webgpuEngines], slow: chromiumEngines });
  // Of large ones the one of which the oracle takes least, without threads.
  const atOnce = wasmEngines.filter(({ starts }) => file.includes("squeezenet") && starts === "at once");
  const others = wasmEngines.filter((under) => !atOnce.includes(under));
  return portionOf<EngineUnderTest>({
    quick: LARGE.test(file) ? atOnce : wasmEngines,
    slow: [...(LARGE.test(file) ? others : []), ...webgpuEngines],
  });
}

/** What is said of Jacobians: they agree with float64 to this, relative to each row's norm. */
const CLAIMED = 7e-7;
/** Logits do to this, relative to the largest one of an image, where others computed them. */
const LOGITS = 2e-6;
/** Values of a layer, relative to the largest one: what lets a unit be on the other side of a kink. */
const LAYER_ERROR = 2 ** -19;

const models = MODELS.filter(({ file }) => enginesFor(file).length > 0);

describe.skipIf(!hasShared).each(models)(
  "$file",
  ({ file, gradients, agreement = CLAIMED, layerError = LAYER_ERROR }) => {
    if (!hasShared) return;
    const [model] = file.split("/");
    const { imageSet, indices, preprocessing, values }: Reference = readJson(
      "models",
      model,
      "reference.json",
    );
    const { mean, std } = preprocessing;
    let network: Promise<Network> | undefined;
    const load = async () => {
      network ??= openModel(sharedPath("models", file)).then(buildNetwork);
      const built = await network;
      const { shape } = built.input;
      const input = resolveInput({ range: [0, 255], mean, std }, shape[shape.length - 1]);
      const size = sizeOf(shape);
      const pixels = readFileSync(sharedPath("images", imageSet, "images.bin"));
      const images = new Float32Array(indices.length * size);
      indices.forEach((index, n) => {
        images.set(pixels.subarray(index * size, (index + 1) * size), n * size);
      });
      return { network: built, input, images, size };
    };
    /** The oracle's gradients of the first image's largest classes, computed once. */
    let oracle: { classes: Int32Array; values: Float64Array } | undefined;
    /** What the engines without threads answered, by rounding: they were compared with the oracle. */
    const compared = new Map<string, Float32Array>();

    describe.each(enginesFor(file))("$name", (under) => {
      test(`logits of ${indices.length} images to ${LOGITS}`, async () => {
        const { network, input, images } = await load();
        using engine = await under.create(network, input);
        const { logits } = await engine.logits(images);
        values.forEach((row, n) => {
          const scores = logits.subarray(n * network.classes, (n + 1) * network.classes);
          // Probabilities are compared by their logarithms: small ones count as much as large ones.
          const actual = network.strippedSoftmax ? logSoftmax(scores) : [...scores];
          const expected = network.strippedSoftmax ? row.map(Math.log) : row;
          const largest = Math.max(...expected.map(Math.abs));
          const off = Math.max(...expected.map((value, c) => Math.abs(value - actual[c])));
          expect(off / largest, `image ${n}`).toBeLessThan(LOGITS);
        });
      });

      test(`${gradients} gradients to ${agreement} of each one's norm`, async () => {
        const { network, input, images, size } = await load();
        using engine = await under.create(network, input);
        const one = images.subarray(0, size);
        const count = Math.min(gradients, network.classes);
        const { values, classes } = await engine.jacobian(one, { classes: count });
        const known = compared.get(under.rounding);
        if (known) return expectSameBits(values, known, "gradients of the same kernels without threads");
        oracle ??= { classes, values: jacobian64(network, input, Float64Array.from(one), classes).values };
        expect([...classes]).toEqual([...oracle.classes]);
        const offs = (exact: Float64Array) =>
          Array.from({ length: count }, (_, k) => {
            const part = [k * size, (k + 1) * size] as const;
            return relativeDistance(values.subarray(...part), exact.subarray(...part));
          });
        const worst = Math.max(...offs(oracle.values));
        if (worst >= agreement) {
          const seen = await under.valuesOf?.(network, input, one);
          const piece = linearPiece(network, input, one, classes, seen ?? new Map());
          const inPiece = Math.max(...offs(piece.values));
          console.log(
            `${model} ${under.name}: gradients off by ${worst.toExponential(1)}; ` +
              `with the engine's ${piece.flipped.length} ties off by ${inPiece.toExponential(1)}` +
              piece.flipped.map((flip) => `\n  ${describeFlip(flip)}`).join(""),
          );
          // Nearly 7 million units: some are at a kink to within float32.
          expect(inPiece).toBeLessThan(agreement);
          for (const { distance, error, largest } of piece.flipped) {
            expect(distance).toBeLessThanOrEqual(2 * error);
            expect(error).toBeLessThan(layerError * largest);
          }
        }
        compared.set(under.rounding, values);
        // With other rows beside them, in other lanes.
        const rows = under.rounding.startsWith("webgpu") && size > 32 * 32 * 3 ? count + 1 : 13;
        const more = await engine.jacobian(one, { classes: Math.min(rows, network.classes) });
        expectSameBits(more.values.subarray(0, count * size), values, "the same rows among more");
      });
    });
  },
);

/** ResNet-20 takes WebGPU half a minute where there is no GPU. */
const golden = (model: string): EngineUnderTest[] =>
  portionOf<EngineUnderTest>({
    quick: [...wasmEngines, ...(model === "mnist_cnn" ? webgpuEngines : [])],
    slow: [...(model === "mnist_cnn" ? [] : webgpuEngines), ...chromiumEngines],
  });

describe.skipIf(!hasShared).each(["mnist_cnn", "cifar10_resnet20"])("PyTorch's Jacobians of %s", (model) => {
  test.each(golden(model))(`$name to ${CLAIMED} of each row's norm`, async (under) => {
    const { imageSet, mean, std, jacobian }: Golden = readJson("golden", model, "golden.json");
    const network = buildNetwork(await openModel(sharedPath("models", model, "tfjs_layers", "model.json")));
    using engine = await under.create(network, resolveInput({ mean, std }, mean.length));
    const [count, rows] = jacobian.shape;
    const classes = Int32Array.from(jacobian.classes.flat());
    const expected = sharedFloats("golden", model, "jacobian.bin");
    const images = Float32Array.from(sharedImages(imageSet, count));
    const { values } = await engine.jacobian(images, { classes });
    const size = images.length / count;
    let worst = 0;
    for (let row = 0; row < count * rows; row++) {
      const part = [row * size, (row + 1) * size] as const;
      const off = relativeDistance(values.subarray(...part), expected.subarray(...part));
      expect(off, `image ${Math.floor(row / rows)}, class ${classes[row]}`).toBeLessThan(CLAIMED);
      worst = Math.max(worst, off);
    }
    console.log(`${model} ${under.name}: Jacobians off by at most ${worst.toExponential(1)} of a row's norm`);
  });
});

function describeFlip({ node, unit, distance, error, largest }: Flip): string {
  return (
    `${node}[${unit}] is ${distance.toExponential(1)} from its kink, values of that layer err by up to ` +
    `${error.toExponential(1)}, ${(error / largest).toExponential(1)} of the largest one`
  );
}

function readJson(...path: string[]) {
  return JSON.parse(readFileSync(sharedPath(...path), "utf8"));
}

function relativeDistance(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let distance = 0;
  let norm = 0;
  for (let i = 0; i < b.length; i++) {
    distance += (a[i] - b[i]) ** 2;
    norm += b[i] ** 2;
  }
  return Math.sqrt(distance / norm);
}

function logSoftmax(logits: Float32Array): number[] {
  const top = Math.max(...logits);
  const sum = logits.reduce((total, z) => total + Math.exp(z - top), 0);
  return Array.from(logits, (z) => z - top - Math.log(sum));
}
