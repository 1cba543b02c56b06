import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { deepfool } from "../../src/api/deepfool.js";
import { foolingRate } from "../../src/api/evaluate.js";
import { minimalPerturbation } from "../../src/api/minimal.js";
import { universalPerturbation } from "../../src/api/universal.js";
import { resolveInput } from "../../src/network/input.js";
import { createTfjsEngine, type TfjsEngine } from "../../src/tfjs.js";
import { expectSameBits } from "./comparison.js";
import { imagesOf, mixedNetwork } from "./mixed_network.js";
import { type Tfjs, tfjsOn } from "./tfjs_backends.js";

const network = mixedNetwork(14);
const input = resolveInput({ range: [0, 2] }, 3);
const images = imagesOf(network, 3);
// So many that the event loop turns before they are through.
const lots = imagesOf(network, 300);
const labels = new Int32Array(300);
const v = new Float32Array(images.length / 3);

/** Everything that takes a signal. */
const CALLS: Readonly<
  Record<string, (engine: TfjsEngine, x: Float32Array, signal: AbortSignal) => Promise<unknown>>
> = {
  logits: (engine, x, signal) => engine.logits(x, { signal }),
  jacobian: (engine, x, signal) => engine.jacobian(x, { classes: 10, signal }),
  gradient: (engine, x, signal) =>
    engine.gradient(x, { loss: "logit", labels: labels.subarray(0, x.length / v.length), signal }),
  foolingRate: (engine, x, signal) => foolingRate(engine, x, v, { signal }),
  deepfool: (engine, x, signal) => deepfool(engine, x, { signal }),
  minimalPerturbation: (engine, x, signal) => minimalPerturbation(engine, x, { signal }),
  universalPerturbation: (engine, x, signal) => universalPerturbation(engine, x, { signal }),
};

describe.each(["cpu", "wasm"] as const)("signals on tfjs %s", (backend) => {
  let tf: Tfjs;
  let engine: TfjsEngine;
  beforeAll(async () => {
    tf = await tfjsOn(backend);
    engine = await createTfjsEngine(network, { tf, input });
  });
  afterAll(() => engine.dispose());

  test.each(Object.keys(CALLS))("%s: aborted already, it rejects with the reason", async (name) => {
    const reason = new Error("changed my mind");
    const error = await CALLS[name](engine, images, AbortSignal.abort(reason)).catch((e: unknown) => e);
    expect(name === "universalPerturbation" ? (error as Error).cause : error).toBe(reason);
  });

  test.each(Object.keys(CALLS))(
    "%s: aborted on the way it ends, no tensor stays, and the engine goes on",
    async (name) => {
      const before = await engine.logits(images);
      const { numTensors } = tf.memory();
      const controller = new AbortController();
      const reason = { of: "any kind" };
      const pending = CALLS[name](engine, lots, controller.signal);
      setTimeout(() => controller.abort(reason), 1);
      const error = await pending.then(
        () => "it went through",
        (e: unknown) => e,
      );
      expect(name === "universalPerturbation" ? (error as Error).cause : error).toBe(reason);
      expect(tf.memory().numTensors).toBe(numTensors);
      expectSameBits((await engine.logits(images)).logits, before.logits, "logits afterwards");
    },
  );
});
