import type { Tensor4D } from "@tensorflow/tfjs-core";
import { beforeAll, describe, expect, test } from "vitest";
import { deepfool as deepfoolArrays } from "../../src/api/deepfool.js";
import { universalPerturbation as universalArrays } from "../../src/api/universal.js";
import { createReferenceEngine } from "../../src/engines/reference.js";
import { InvalidArgumentError } from "../../src/errors.js";
import { buildNetwork } from "../../src/network/build.js";
import { resolveInput } from "../../src/network/input.js";
import {
  createTfjsEngine,
  deepfool,
  foolingRate,
  jacobian,
  type TfjsEngine,
  universalPerturbation,
} from "../../src/tfjs.js";
import { NetworkBuilder } from "../support/network_builder.js";
import { randomValues } from "../support/random_values.js";
import { type Tfjs, tfjsOn } from "./tfjs_backends.js";

const COUNT = 6;
const SHAPE = [5, 4, 2] as const;

describe("unifool/tfjs", () => {
  let tf: Tfjs;
  let engine: TfjsEngine;
  const pixels = (() => {
    const random = randomValues(2);
    return Float32Array.from({ length: COUNT * 40 }, () => random.uniform(0, 1));
  })();
  const network = (() => {
    const net = new NetworkBuilder(SHAPE, 4);
    return buildNetwork(net.build(net.relu(net.conv(net.input, { filters: 6 })), 5));
  })();

  beforeAll(async () => {
    tf = await tfjsOn("wasm");
    engine = await createTfjsEngine(network, { tf });
  });

  const batch = () => tf.tensor4d(pixels, [COUNT, ...SHAPE]);

  test("jacobian: values [N, K, H, W, C], classes [N, K], logits [N, C]", async () => {
    const images = batch();
    const expected = await engine.jacobian(pixels, { classes: 3 });
    const { values, classes, logits } = await jacobian(engine, images, { classes: 3 });
    expect([values.shape, classes.shape, logits.shape]).toEqual([
      [COUNT, 3, ...SHAPE],
      [COUNT, 3],
      [COUNT, 5],
    ]);
    expect(classes.dtype).toBe("int32");
    expect(await values.data()).toEqual(expected.values);
    expect(await logits.data()).toEqual(expected.logits);
    const again = await jacobian(engine, images, { classes });
    expect(await again.values.data()).toEqual(expected.values);
  });

  test("deepfool: what the arrays give, and no tensors but the results", async () => {
    const images = batch();
    const before = tf.memory().numTensors;
    const expected = await deepfoolArrays(engine, pixels, { trace: true });
    const { chosen, ...tensors } = await deepfool(engine, images, { trace: true });
    expect(tf.memory().numTensors).toBe(before + Object.keys(tensors).length);
    expect(tensors.perturbation.shape).toEqual([COUNT, ...SHAPE]);
    expect(await tensors.perturbation.data()).toEqual(expected.perturbation);
    expect(await tensors.adversarial.data()).toEqual(expected.adversarial);
    expect(await tensors.newLabels.data()).toEqual(expected.newLabels);
    expect([...(await tensors.succeeded.data())]).toEqual([...expected.succeeded]);
    expect(expected.succeeded).toContain(1);
    expect(chosen).toEqual(expected.chosen);
  });

  test("universalPerturbation and foolingRate, on an engine that is not tfjs's", async () => {
    const reference = createReferenceEngine(network, resolveInput(undefined, SHAPE[2]));
    const images = batch();
    const initial = tf.fill([...SHAPE], 0.01);
    const options = { method: "deepfool", radius: 0.2, passes: 2, delta: 0 } as const;
    const expected = await universalArrays(reference, pixels, {
      ...options,
      initial: new Float32Array(40).fill(0.01),
    });
    const result = await universalPerturbation(reference, images, { tf, initial, ...options });
    expect(result.perturbation.shape).toEqual([...SHAPE]);
    expect(await result.perturbation.data()).toEqual(expected.perturbation);
    expect(result.foolingRate).toBe(expected.foolingRate);
    const { rate, newLabels } = await foolingRate(reference, images, result.perturbation, { tf });
    expect(rate).toBe(expected.foolingRate);
    expect(newLabels.shape).toEqual([COUNT]);
  });

  test("integer images", async () => {
    const images = tf.cast(tf.round(tf.mul(batch(), 3)), "int32") as Tensor4D;
    const { logits } = await jacobian(engine, images, { classes: 1 });
    const expected = await engine.logits(Float32Array.from(await images.data()));
    expect(await logits.data()).toEqual(expected.logits);
  });

  test("wrong shapes", async () => {
    const single = tf.zeros([...SHAPE]);
    const calls = [
      () => jacobian(engine, single, { classes: 1 }),
      () => deepfool(engine, tf.zeros([2, 4, 5, 2])),
      () => foolingRate(engine, batch(), tf.zeros([40])),
      () => deepfool(engine, undefined as unknown as Tensor4D),
    ];
    for (const call of calls) await expect(call()).rejects.toThrow(InvalidArgumentError);
    await expect(calls[0]()).rejects.toThrow("jacobian: images has shape [5,4,2], expected [N,5,4,2]");
  });

  test("rejects engines, options and tensors that are none, each in one typed line", async () => {
    const images = batch();
    const disposed = batch();
    disposed.dispose();
    const no = null as never;
    const broken = tf.tensor1d([0.5, 1, 1, 1, 1, 1]);
    const calls: [() => Promise<unknown>, string][] = [
      [() => jacobian(engine, images, no), "jacobian: options is null, expected an object"],
      [
        () => jacobian(engine, images, undefined as never),
        "jacobian: classes is undefined, expected a count",
      ],
      [
        () => jacobian(engine, images, { class: 1 } as never),
        'jacobian: unknown option "class", expected tf',
      ],
      [
        () => jacobian(engine, images, { classes: broken }),
        "jacobian: classes holds 0.5, expected whole numbers",
      ],
      [() => jacobian(no, images, { classes: 1 }), "jacobian: engine is null, expected an Engine"],
      [() => deepfool(no, images), "deepfool: engine is null, expected an Engine"],
      [() => deepfool(engine, images, no), "deepfool: options is null, expected an object"],
      [() => deepfool(engine, disposed), "deepfool: images is a disposed tensor, expected a live one"],
      [() => universalPerturbation(no, images), "universalPerturbation: engine is null, expected an Engine"],
      [() => universalPerturbation(engine, images, no), "universalPerturbation: options is null, expected"],
      [() => foolingRate(no, images, images), "foolingRate: engine is null, expected an Engine"],
      [() => foolingRate(engine, images, images, no), "foolingRate: options is null, expected an object"],
    ];
    for (const [call, message] of calls)
      await expect(call()).rejects.toMatchObject({
        name: "InvalidArgumentError",
        message: expect.stringContaining(message),
      });
  });

  test("without { tf } the installed tfjs-core is used", async () => {
    using plain = await createTfjsEngine(network);
    expect((await plain.logits(pixels)).logits).toEqual((await engine.logits(pixels)).logits);
  });
});
