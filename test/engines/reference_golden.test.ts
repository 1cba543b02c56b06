import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { createReferenceEngine, jacobian64 } from "../../src/engines/reference.js";
import { buildNetwork } from "../../src/network/build.js";
import { openModel } from "../../src/network/import/open_model.js";
import { resolveInput } from "../../src/network/input.js";
import { sharedFloats, sharedImages } from "../support/images.js";
import { oneIn } from "../support/portion.js";
import { hasShared, sharedPath } from "../support/shared.js";

/** Golden Jacobians are kept in float32, and pixels were. */
const U = 2 ** -24;

interface Golden {
  readonly imageSet: string;
  readonly mean: number[];
  readonly std: number[];
  readonly logits_f64: number[][];
  readonly jacobian: { readonly shape: number[]; readonly classes: number[][] };
}

async function load(model: string) {
  const golden: Golden = JSON.parse(readFileSync(sharedPath("golden", model, "golden.json"), "utf8"));
  const network = buildNetwork(await openModel(sharedPath("models", model, "tfjs_layers", "model.json")));
  const { shape } = network.input;
  const input = resolveInput({ mean: golden.mean, std: golden.std }, shape[shape.length - 1]);
  return { golden, network, input };
}

describe.skipIf(!hasShared).each(oneIn(2, ["mnist_cnn", "cifar10_resnet20"]))(
  "PyTorch's float64 results on %s",
  (model) => {
    test("Jacobian to 2^-24 of each row's norm and logits to 2^-24 of the largest: what float32 leaves of pixels and files", async () => {
      const { golden, network, input } = await load(model);
      const [images, rows] = golden.jacobian.shape;
      const expected = sharedFloats("golden", model, "jacobian.bin");
      const pixels = sharedImages(golden.imageSet, images);
      const size = pixels.length / images;
      for (let n = 0; n < images; n++) {
        const classes = Int32Array.from(golden.jacobian.classes[n]);
        const { logits, values } = jacobian64(
          network,
          input,
          pixels.subarray(n * size, (n + 1) * size),
          classes,
        );
        const largest = Math.max(...golden.logits_f64[n].map(Math.abs));
        logits.forEach((logit, c) => {
          expect(Math.abs(logit - golden.logits_f64[n][c])).toBeLessThan(U * largest);
        });
        for (let k = 0; k < rows; k++) {
          const row = expected.subarray((n * rows + k) * size, (n * rows + k + 1) * size);
          expect(relativeDistance(values.subarray(k * size, (k + 1) * size), row)).toBeLessThan(U);
        }
      }
    });

    test("predictions of 16 images", async () => {
      const { golden, network, input } = await load(model);
      const count = 16;
      const { labels } = await createReferenceEngine(network, input).logits(
        Float32Array.from(sharedImages(golden.imageSet, count)),
      );
      expect([...labels]).toEqual(
        golden.logits_f64.slice(0, count).map((row) => row.indexOf(Math.max(...row))),
      );
    });
  },
);

function relativeDistance(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let distance = 0;
  let norm = 0;
  for (let i = 0; i < b.length; i++) {
    distance += (a[i] - b[i]) ** 2;
    norm += b[i] ** 2;
  }
  return Math.sqrt(distance / norm);
}
