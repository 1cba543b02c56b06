import { readFileSync } from "node:fs";
import type { Tensor, Tensor4D } from "@tensorflow/tfjs-core";
import { beforeAll, describe, expect, test } from "vitest";
import { createReferenceEngine, jacobian64 } from "../../src/engines/reference.js";
import { createTfjsEngine, type TfjsEngine } from "../../src/engines/tfjs/engine.js";
import { uploadNetwork } from "../../src/engines/tfjs/network.js";
import { EngineError, InvalidArgumentError } from "../../src/errors.js";
import { buildNetwork } from "../../src/network/build.js";
import { openModel } from "../../src/network/import/open_model.js";
import { resolveInput } from "../../src/network/input.js";
import { type Network, sizeOf } from "../../src/network/spec.js";
import { sharedFloats, sharedImages } from "../support/images.js";
import { NetworkBuilder } from "../support/network_builder.js";
import { answerOf, expectAnswer, undetected } from "../support/oracle.js";
import { randomValues } from "../support/random_values.js";
import { hasShared, sharedPath } from "../support/shared.js";
import { BACKENDS, type Tfjs, tfjsOn } from "./tfjs_backends.js";

/** Two convolutions, one strided, and a dense layer on 6x5x2 images. */
function smallNetwork(): Network {
  const net = new NetworkBuilder([6, 5, 2], 3);
  const first = net.relu(net.conv(net.input, { filters: 4 }));
  const second = net.relu(net.conv(first, { filters: 3, strides: 2 }));
  return buildNetwork(net.build(second, 4));
}

const PIXELS = 60;

function images(count: number, size = PIXELS): Float32Array {
  const random = randomValues(5);
  return Float32Array.from({ length: count * size }, () => random.uniform(0, 1));
}

async function expectAsReference(engine: TfjsEngine, network: Network, pixels: Float32Array): Promise<void> {
  const input = resolveInput(undefined, network.input.shape[network.input.shape.length - 1]);
  const expected = await createReferenceEngine(network, input).jacobian(pixels, { classes: 3 });
  const actual = await engine.jacobian(pixels, { classes: 3 });
  expect(actual.classes).toEqual(expected.classes);
  const size = sizeOf(network.input.shape);
  for (let n = 0; n < pixels.length / size; n++) {
    const part = (values: Float32Array, length: number) => values.subarray(n * length, (n + 1) * length);
    const chosen = expected.classes.subarray(n * 3, (n + 1) * 3);
    const answer = answerOf(network, input, Float64Array.from(part(pixels, size)), chosen);
    expect(undetected(answer)).toEqual([]);
    const ours = { logits: part(actual.logits, network.classes), values: part(actual.values, 3 * size) };
    expect(expectAnswer(ours, answer, `image ${n}`)).toBe("");
  }
}

describe.each(BACKENDS)("createTfjsEngine on tfjs-backend-%s", (backend) => {
  let tf: Tfjs;
  beforeAll(async () => {
    tf = await tfjsOn(backend);
  });

  const functionOptions = { inputShape: [6, 5, 2], classes: 4 };

  /** Runs a test and checks that it leaves no tensors behind. */
  const withoutLeaks = async (run: () => Promise<void>) => {
    const before = tf.memory().numTensors;
    await run();
    expect(tf.memory().numTensors).toBe(before);
  };

  test.each(["replicate", "loop"] as const)("a function, by tfjs's gradients, %s", (formulation) =>
    withoutLeaks(async () => {
      const network = smallNetwork();
      const uploaded = uploadNetwork(tf, network);
      using engine = await createTfjsEngine(uploaded.forward, { tf, formulation, ...functionOptions });
      expect(engine).toMatchObject({ backend: "tfjs", differentiation: "autodiff", formulation, classes: 4 });
      await expectAsReference(engine, network, images(3));
      uploaded.dispose();
    }),
  );

  test.each(["replicate", "loop"] as const)("a function of one image at a time, %s", (formulation) =>
    withoutLeaks(async () => {
      const network = smallNetwork();
      const uploaded = uploadNetwork(tf, network);
      const one = (x: Tensor4D) => {
        // As a graph fixed to batch 1 fails.
        if (x.shape[0] !== 1) throw new Error(`expected shape [1,6,5,2], but got [${x.shape}]`);
        return uploaded.forward(x);
      };
      using engine = await createTfjsEngine(one, { tf, formulation, ...functionOptions });
      await expectAsReference(engine, network, images(3));
      uploaded.dispose();
    }),
  );

  test.each(["replicate", "loop"] as const)(
    "results do not depend on batch-mates, %s",
    async (formulation) => {
      using engine = await createTfjsEngine(smallNetwork(), { tf, formulation });
      const pixels = images(7);
      const together = await engine.jacobian(pixels, { classes: 2 });
      for (const [from, to] of [
        [0, 1],
        [1, 4],
        [6, 7],
      ]) {
        const part = await engine.jacobian(pixels.slice(from * PIXELS, to * PIXELS), { classes: 2 });
        expect(part.values).toEqual(together.values.slice(from * 2 * PIXELS, to * 2 * PIXELS));
        expect(part.logits).toEqual(together.logits.slice(from * 4, to * 4));
      }
    },
  );

  test("pixels are mapped to network inputs, and gradients back", async () => {
    const network = smallNetwork();
    const input = { range: [0, 255], mean: [0.25, 0.5], std: [0.5, 0.25] } as const;
    using engine = await createTfjsEngine(network, { tf, input, classNames: ["a", "b", "c", "d"] });
    expect(engine).toMatchObject({ range: [0, 255], classNames: ["a", "b", "c", "d"] });
    const pixels = images(2).map((value) => 255 * value);
    const { logits, values } = await engine.jacobian(pixels, {
      classes: Int32Array.of(0, 1, 2, 3, 0, 1, 2, 3),
    });
    // As it is stated, beside the reference's transform.
    const mapped = Float64Array.from(
      pixels,
      (value, i) => (value / 255 - input.mean[i % 2]) / input.std[i % 2],
    );
    for (let n = 0; n < 2; n++) {
      const part = <A extends Float32Array | Float64Array>(all: A, length: number) =>
        all.slice(n * length, (n + 1) * length) as A;
      const answer = answerOf(
        network,
        resolveInput(input, 2),
        Float64Array.from(part(pixels, PIXELS)),
        Int32Array.of(0, 1, 2, 3),
      );
      const plain = jacobian64(network, resolveInput(undefined, 2), part(mapped, PIXELS), answer.classes);
      plain.values.forEach((value, i) => {
        expect(value / (255 * input.std[i % 2])).toBeCloseTo(answer.values[i], 12);
      });
      expect(undetected(answer)).toEqual([]);
      const ours = { logits: part(logits, 4), values: part(values, 4 * PIXELS) };
      expect(expectAnswer(ours, answer, `image ${n}`)).toBe("");
    }
  });

  test("explicit classes, a caller's output", async () => {
    using engine = await createTfjsEngine(smallNetwork(), { tf });
    const pixels = images(2);
    const all = await engine.jacobian(pixels, { classes: Int32Array.of(0, 1, 2, 3, 0, 1, 2, 3) });
    const out = new Float32Array(2 * PIXELS + 5).fill(7);
    const some = await engine.jacobian(pixels, { classes: Int32Array.of(3, 1), out });
    expect(some.values.buffer).toBe(out.buffer);
    expect([...out.subarray(2 * PIXELS)]).toEqual([7, 7, 7, 7, 7]);
    expect(some.values.slice(0, PIXELS)).toEqual(all.values.slice(3 * PIXELS, 4 * PIXELS));
    expect(some.values.slice(PIXELS)).toEqual(all.values.slice(5 * PIXELS, 6 * PIXELS));
  });

  test("a live model is imported, whatever this backend can differentiate", () =>
    withoutLeaks(async () => {
      const model = tf.sequential({
        layers: [
          tf.layers.conv2d({ inputShape: [8, 7, 2], filters: 3, kernelSize: 3, padding: "same" }),
          tf.layers.batchNormalization(),
          tf.layers.depthwiseConv2d({ kernelSize: 3, activation: "relu" }),
          tf.layers.maxPooling2d({ poolSize: 2 }),
          tf.layers.upSampling2d({ size: [2, 2], interpolation: "bilinear" }),
          tf.layers.flatten(),
          tf.layers.dense({ units: 5, activation: "softmax" }),
        ],
      });
      using engine = await createTfjsEngine(model, { tf });
      expect(engine.differentiation).toBe("network");
      await expectAsReference(engine, buildNetwork(await openModel(model)), images(3, 112));
      model.dispose();
    }));

  /** What the importer cannot know. */
  const customLayer = () => {
    class Square extends tf.layers.Layer {
      static className = "Square";
      override computeOutputShape(shape: unknown) {
        return shape as (number | null)[];
      }
      override call(inputs: Tensor | Tensor[]) {
        return tf.square(Array.isArray(inputs) ? inputs[0] : inputs);
      }
      override getClassName() {
        return "Square";
      }
    }
    return new Square({});
  };

  test("a live model with a layer of its own is differentiated by tfjs", () =>
    withoutLeaks(async () => {
      const model = tf.sequential({
        layers: [
          tf.layers.dense({ inputShape: [3], units: 2, kernelInitializer: "ones", useBias: false }),
          customLayer(),
        ],
      });
      using engine = await createTfjsEngine(model, { tf });
      expect(engine).toMatchObject({ differentiation: "autodiff", inputShape: [3], classes: 2 });
      const { values } = await engine.jacobian(Float32Array.of(1, 2, 3, 0.5, 0.5, 1), { classes: 2 });
      // d (x0 + x1 + x2)^2 = 2 (x0 + x1 + x2)
      expect([...values]).toEqual([...new Array(6).fill(12), ...new Array(6).fill(4)]);
      model.dispose();
    }));

  test("the softmax of a model that cannot be imported is left out while it is differentiated, and stays in the model", () =>
    withoutLeaks(async () => {
      const ones = { units: 2, kernelInitializer: "ones", useBias: false } as const;
      const body = () => [tf.layers.dense({ inputShape: [3], ...ones }), customLayer()];
      const bare = tf.sequential({ layers: body() });
      const x = Float32Array.of(1, 2, 3);
      using expected = await createTfjsEngine(bare, { tf });
      const { logits, values } = await expected.jacobian(x, { classes: 2 });
      for (const end of [
        tf.layers.softmax(),
        tf.layers.activation({ activation: "softmax" }),
        tf.layers.dense({ units: 2, kernelInitializer: "identity", useBias: false, activation: "softmax" }),
      ]) {
        const model = tf.sequential({ layers: [...body(), end] });
        using engine = await createTfjsEngine(model, { tf });
        const found = await engine.jacobian(x, { classes: 2 });
        expect([...found.logits]).toEqual([...logits]);
        expect([...found.values]).toEqual([...values]);
        const sum = tf.tidy(() => (model.predict(tf.tensor2d(x, [1, 3])) as Tensor).sum().dataSync()[0]);
        expect(sum).toBeCloseTo(1, 6);
        model.dispose();
      }
      bare.dispose();
    }));

  test.runIf(backend === "wasm")("a wrong gradient is refused, and names the layer", () =>
    withoutLeaks(async () => {
      const model = tf.sequential({
        layers: [
          tf.layers.maxPooling2d({ name: "pool", inputShape: [4, 4, 2], poolSize: 2 }),
          customLayer(),
          tf.layers.flatten(),
        ],
      });
      const creation = createTfjsEngine(model, { tf });
      await expect(creation).rejects.toThrow(EngineError);
      await expect(creation).rejects.toThrow(
        /layer "pool" \(MaxPooling2D\) .* MaxPool, and its gradient is wrong/,
      );
      model.dispose();
    }),
  );

  test.runIf(backend === "cpu")("a resize is refused", () =>
    withoutLeaks(async () => {
      const f = (x: Tensor4D) => tf.reshape(tf.image.resizeNearestNeighbor(x, [2, 2]), [x.shape[0], -1]);
      const creation = createTfjsEngine(f, { tf, inputShape: [4, 4, 1], classes: 4 });
      await expect(creation).rejects.toThrow(
        /the function uses ResizeNearestNeighbor, and its gradient is wrong/,
      );
    }),
  );

  test.runIf(backend === "wasm")("a missing gradient is refused", () =>
    withoutLeaks(async () => {
      const filter = tf.ones([2, 2, 2, 1]) as Tensor4D;
      const f = (x: Tensor4D) => tf.reshape(tf.depthwiseConv2d(x, filter, 1, "valid"), [x.shape[0], -1]);
      const creation = createTfjsEngine(f, { tf, inputShape: [3, 2, 2], classes: 4 });
      await expect(creation).rejects.toThrow(/the function cannot be differentiated on tfjs backend "wasm"/);
      filter.dispose();
    }),
  );

  test("tfjs's average pooling with padding is refused, without it is not", () =>
    withoutLeaks(async () => {
      const pool = (padding: "same" | "valid") => (x: Tensor4D) =>
        tf.reshape(tf.avgPool(x, 2, 2, padding), [x.shape[0], -1]);
      const shape = { tf, inputShape: [3, 3, 1] };
      const padded = createTfjsEngine(pool("same"), { ...shape, classes: 4 });
      await expect(padded).rejects.toThrow(/AvgPool, and its gradient is wrong with padding/);
      const even = { tf, inputShape: [4, 4, 1], classes: 4 };
      using engine = await createTfjsEngine(pool("valid"), even);
      const { values } = await engine.jacobian(images(1, 16), { classes: Int32Array.of(3) });
      expect([...values]).toEqual([0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0.25, 0.25, 0, 0, 0.25, 0.25]);
    }));

  test("a function that fails leaves nothing behind", () =>
    withoutLeaks(async () => {
      let fail = false;
      const f = (x: Tensor4D) => {
        const y = tf.square(tf.reshape(x, [x.shape[0], -1]));
        if (fail) throw new Error("no more\nsecond line");
        return tf.slice(y, [0, 0], [x.shape[0], 4]);
      };
      for (const formulation of ["replicate", "loop"] as const) {
        fail = false;
        using engine = await createTfjsEngine(f, { tf, formulation, ...functionOptions });
        fail = true;
        await expect(engine.jacobian(images(2), { classes: 2 })).rejects.toThrow(
          `jacobian: tfjs backend "${backend}" failed (no more)`,
        );
        await expect(engine.logits(images(2))).rejects.toThrow(EngineError);
        fail = false;
        const { values } = await engine.jacobian(images(1), { classes: Int32Array.of(2) });
        expect(values[2]).toBeCloseTo(2 * images(1)[2], 6);
      }
      fail = true;
      await expect(createTfjsEngine(f, { tf, ...functionOptions })).rejects.toThrow(/no more/);
    }));

  test("a backward pass that fails leaves nothing behind", () =>
    withoutLeaks(async () => {
      const brittle = tf.customGrad((x, save) => {
        (save as (tensors: Tensor[]) => void)([x as Tensor]);
        return {
          value: tf.square(x as Tensor),
          gradFunc: () => {
            throw new Error("no gradient");
          },
        };
      });
      const f = (x: Tensor4D) => tf.slice(brittle(tf.reshape(x, [x.shape[0], -1])), [0, 0], [x.shape[0], 4]);
      await expect(createTfjsEngine(f, { tf, ...functionOptions })).rejects.toThrow(/no gradient/);
    }));

  test("wrong arguments, one line each", () =>
    withoutLeaks(async () => {
      const f = (x: Tensor4D) => tf.slice(tf.reshape(x, [x.shape[0], -1]), [0, 0], [x.shape[0], 4]);
      const create = createTfjsEngine as (model: unknown, options: object) => Promise<TfjsEngine>;
      const refused: [() => Promise<unknown>, RegExp][] = [
        [() => create(f, { tf, classes: 4 }), /inputShape is missing, expected \[H, W, C\]/],
        [() => create(f, { tf, inputShape: [6, 5, 2] }), /classes is missing/],
        [
          () => create(f, { tf, inputShape: [6, 5, 2], classes: 3 }),
          /returns shape \[1,4\] for 1 images, expected/,
        ],
        [() => create(() => 3, { tf, ...functionOptions }), /returns number for 1 images/],
        [() => create("model", { tf }), /model is string, expected a network/],
        [() => create(null, { tf }), /model is null/],
        [() => create(smallNetwork(), { tf, formulation: "best" }), /formulation is best, expected "auto"/],
        [() => create(smallNetwork(), { tf, input: { std: [1, 2, 3] } }), /input.std is \[1,2,3\]/],
      ];
      using engine = await createTfjsEngine(smallNetwork(), { tf });
      const nan = images(2);
      nan[70] = Number.NaN;
      refused.push(
        [
          () => engine.logits(images(2).subarray(1)),
          /logits: images has 119 values, expected a multiple of 60/,
        ],
        [() => engine.logits(nan), /images\[70\] is NaN \(image 1\)/],
        [() => engine.jacobian(images(1), { classes: 5 }), /jacobian: classes is 5, expected/],
        [() => engine.jacobian(images(2), { classes: Int32Array.of(1, 4) }), /classes holds 4/],
        [() => engine.jacobian(images(1), { classes: 2, out: new Float32Array(119) }), /out has 119 values/],
      );
      for (const [call, message] of refused) {
        const outcome = await call().catch((error: unknown) => error);
        expect(outcome).toBeInstanceOf(InvalidArgumentError);
        expect((outcome as Error).message).toMatch(message);
        expect((outcome as Error).message).not.toContain("\n");
      }
      expect((await engine.logits(images(2))).labels.length).toBe(2);
    }));

  test("a disposed engine rejects, disposing twice is harmless", async () => {
    const engine = await createTfjsEngine(smallNetwork(), { tf });
    engine.dispose();
    engine.dispose();
    await expect(engine.logits(images(1))).rejects.toThrow(EngineError);
    await expect(engine.jacobian(images(1), { classes: 1 })).rejects.toThrow(/disposed/);
  });

  test("a call inside the caller's tidy works", async () => {
    using engine = await createTfjsEngine(smallNetwork(), { tf });
    const expected = await engine.jacobian(images(2), { classes: 2 });
    let pending: ReturnType<typeof engine.jacobian> | undefined;
    tf.tidy(() => {
      pending = engine.jacobian(images(2), { classes: 2 });
    });
    expect(await pending).toEqual(expected);
  });

  test("gradients are refused on another backend than they were checked on", async () => {
    const f = (x: Tensor4D) => tf.slice(tf.reshape(x, [x.shape[0], -1]), [0, 0], [x.shape[0], 4]);
    using engine = await createTfjsEngine(f, { tf, ...functionOptions });
    try {
      await tf.setBackend(BACKENDS.find((other) => other !== backend)!);
      await expect(engine.logits(images(1))).rejects.toThrow(/the backend is now/);
    } finally {
      await tf.setBackend(backend);
    }
  });

  test.skipIf(!hasShared).each(["mnist_cnn", "cifar10_resnet20"])(
    "PyTorch's Jacobian of %s to 7e-7 of each row's norm",
    async (name) => {
      const golden = JSON.parse(readFileSync(sharedPath("golden", name, "golden.json"), "utf8"));
      const count = backend === "cpu" ? 1 : 2;
      const [, rows] = golden.jacobian.shape;
      const network = buildNetwork(await openModel(sharedPath("models", name, "tfjs_layers", "model.json")));
      using engine = await createTfjsEngine(network, { tf, input: { mean: golden.mean, std: golden.std } });
      const pixels = Float32Array.from(sharedImages(golden.imageSet, count));
      const expected = sharedFloats("golden", name, "jacobian.bin");
      const classes = Int32Array.from(golden.jacobian.classes.slice(0, count).flat());
      const { values, logits } = await engine.jacobian(pixels, { classes });
      const size = pixels.length / count;
      for (let row = 0; row < count * rows; row++) {
        const part = (x: Float32Array) => x.subarray(row * size, (row + 1) * size);
        expect(distance(part(values), part(expected))).toBeLessThan(7e-7 * distance(part(expected)));
      }
      golden.logits_f64.slice(0, count).forEach((scores: number[], n: number) => {
        const actual = logits.subarray(n * scores.length, (n + 1) * scores.length);
        expect(distance(actual, scores)).toBeLessThan(2e-6 * distance(scores));
      });
    },
  );
});

test("without gradients the way out is named", async () => {
  const tf = await tfjsOn("cpu");
  const bare = { ...tf, getGradient: () => undefined } as unknown as Tfjs;
  await expect(
    createTfjsEngine((x: Tensor4D) => tf.reshape(x, [1, -1]), {
      tf: bare,
      inputShape: [1, 1, 2],
      classes: 2,
    }),
  ).rejects.toThrow(/register_all_gradients/);
});

function distance(a: ArrayLike<number>, b?: ArrayLike<number>): number {
  return Math.hypot(...Array.from(a, (value, i) => value - (b?.[i] ?? 0)));
}
