import type { Engine } from "../../src/engines/engine.js";
import { createTfjsEngine } from "../../src/engines/tfjs/engine.js";
import { type EngineUnderTest, reference } from "./engines.js";
import { tfjsOn } from "./tfjs_backends.js";

export const tfjs: EngineUnderTest = {
  name: "tfjs",
  starts: "at once",
  rounding: "tfjs",
  create: async (network, input) => createTfjsEngine(network, { tf: await tfjsOn("cpu"), input }),
};

/** The reference with nothing but `logits` and `jacobian`: loops, gradients and checks are the portable ones. */
export const foreign: EngineUnderTest = {
  ...reference,
  name: "an engine of somebody else's",
  async create(network, transform) {
    const { inputShape, classes, range, logits, jacobian, dispose } = await reference.create(
      network,
      transform,
    );
    return { backend: "mine", inputShape, classes, range, logits, jacobian, dispose } as unknown as Engine;
  },
};
