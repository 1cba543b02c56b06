import { describe, expect, test } from "vitest";
import type { DeepfoolRequest, Engine } from "../../src/engines/engine.js";
import { createWebgpuEngine } from "../../src/engines/webgpu/engine.js";
import { InvalidArgumentError } from "../../src/errors.js";
import { type CompileOptions, compile } from "../../src/index.js";
import { buildNetwork } from "../../src/network/build.js";
import { resolveInput } from "../../src/network/input.js";
import type { Network } from "../../src/network/spec.js";
import { networkWithHalves } from "../support/half_weights.js";
import { observe } from "../support/observed_device.js";
import { randomImages, randomNetwork } from "../support/random_network.js";
import { requestTestDevice } from "../support/webgpu.js";
import { compareWithOracle, expectationOf, expectSameBits } from "./comparison.js";
import { imagesOf, mixedNetwork } from "./mixed_network.js";
import { gpu, sharedDevice } from "./webgpu_engines.js";

const network = mixedNetwork(5);
const input = resolveInput({ mean: 0.25, std: 0.5 }, 3);
const images = imagesOf(network, 3);

/** Software adapters take long to compile what they have not seen. */
const SLOW = { timeout: 300_000 };

const request: DeepfoolRequest = {
  norm: 2,
  profile: "lts4",
  classes: 4,
  steps: 4,
  overshoot: 0.02,
  trace: true,
};

/** The same function with the weights of its layers multiplied by powers of two, and divided again further on. */
function withMagnitudes(from: Network, powers: readonly number[]): Network {
  let layer = 0;
  const nodes = from.nodes.map((node) =>
    node.op === "Conv" || node.op === "Gemm"
      ? { ...node, weights: node.weights.map((w) => w * 2 ** powers[layer++ % powers.length]) }
      : node,
  );
  return { ...from, nodes };
}

async function answers(engine: Engine) {
  const { values, logits, classes } = await engine.jacobian(images, { classes: 4 });
  const { perturbation, labels } = await engine.deepfool!(images, request);
  return { values, logits, classes, perturbation, labels };
}

describe.skipIf(!gpu)('weights "float16"', () => {
  test.each([
    { what: "usual weights", given: network },
    { what: "weights beyond the range of half precision", given: withMagnitudes(network, [20, -30, 3]) },
  ])("has the bits of the float32 engine on the rounded network: $what", SLOW, async ({ given }) => {
    const device = await sharedDevice();
    using half = await createWebgpuEngine(given, input, { device, weights: "float16" });
    using rounded = await createWebgpuEngine(networkWithHalves(given), input, { device });
    using plain = await createWebgpuEngine(given, input, { device });
    const [found, expected, others] = [await answers(half), await answers(rounded), await answers(plain)];
    for (const name of ["values", "logits", "classes", "perturbation", "labels"] as const)
      expectSameBits(found[name], expected[name], name);
    expect(found.logits).not.toEqual(others.logits);
    expect(found.values.some((v) => v !== 0)).toBe(true);
    expect([half.weights, plain.weights]).toEqual(["float16", "float32"]);
  });

  test("computes random networks of rounded weights within the float32 bound", SLOW, async () => {
    const device = await sharedDevice();
    const ties: string[] = [];
    for (let seed = 0; seed < 12; seed++) {
      const spec = randomNetwork(seed);
      const imagesFor = (made: Network) => randomImages(made, 1, seed);
      const original = buildNetwork(spec);
      const expected = expectationOf(`random network ${seed}`, networkWithHalves(original), imagesFor);
      using engine = await createWebgpuEngine(original, expected.input, { device, weights: "float16" });
      ties.push(...(await compareWithOracle(engine, expected)));
    }
    expect(ties.length, ties.join("\n")).toBeLessThanOrEqual(1);
  });

  test("takes half the bytes for convolutions and dense layers, and the same for all else", async () => {
    const real = await sharedDevice();
    const bytes = async (weights: "float32" | "float16", given = network) => {
      const { device, live } = observe(real);
      using engine = await createWebgpuEngine(given, input, { device, weights });
      expect(engine.weights).toBe(weights);
      const sizes = new Map([...live].map(({ label, size }) => [label, size]));
      expect(sizes.size).toBe(live.size);
      return sizes;
    };
    const [full, half] = [await bytes("float32"), await bytes("float16")];
    expect([...half.keys()]).toEqual([...full.keys()]);
    const depthwise = network.nodes.find((node) => node.op === "Conv" && node.groups === 26)?.name;
    let halved = 0;
    for (const [label, size] of full) {
      if (label === "parameters") continue; // one more for every layer
      const isMatrix = label.includes("weights of") && label !== `weights of ${depthwise}`;
      expect([label, half.get(label)]).toEqual([label, isMatrix ? Math.max(16, size / 2) : size]);
      if (isMatrix) halved++;
    }
    expect(halved).toBeGreaterThan(10);
    expect(full.has(`weights of ${depthwise}`)).toBe(true);
  });

  test("keeps weights at the end of float32 as they are", async () => {
    const device = await sharedDevice();
    const tiny = withMagnitudes(network, [-110]);
    using half = await createWebgpuEngine(tiny, input, { device, weights: "float16" });
    using plain = await createWebgpuEngine(tiny, input, { device });
    expectSameBits((await half.logits(images)).logits, (await plain.logits(images)).logits, "logits");
  });

  test("needs no feature of the device, and compile takes it", async () => {
    const device = await requestTestDevice(gpu as GPU, { features: [] });
    using net = await compile(network, { backend: "webgpu", device, weights: "float16" });
    expect(net.weights).toBe("float16");
    using same = await createWebgpuEngine(network, resolveInput(undefined, 3), {
      device: await sharedDevice(),
      weights: "float16",
    });
    const [found, expected] = [await net.logits(images), await same.logits(images)];
    expectSameBits(found.logits, expected.logits, "logits");
  });
});

describe("weights of compile", () => {
  const reject = async (options: CompileOptions, says: string) => {
    const error: unknown = await compile("nowhere/model.json", options).catch((reason) => reason);
    expect(error).toBeInstanceOf(InvalidArgumentError);
    expect((error as Error).message).toBe(says);
  };

  test.each(["auto", "wasm", "reference", "tfjs"] as const)("float16 is not for backend %s", (backend) =>
    reject(
      { backend, weights: "float16" },
      `compile: weights is "float16" with backend "${backend}", expected backend "webgpu" or weights "float32"`,
    ),
  );

  test("are one of two words", () =>
    reject(
      { backend: "webgpu", weights: "float8" as never },
      'compile: weights is "float8", expected "float32" or "float16"',
    ));

  test("float32 is what every backend takes", async () => {
    using net = await compile(network, { backend: "reference", weights: "float32" });
    expect(net.backend).toBe("reference");
  });
});
