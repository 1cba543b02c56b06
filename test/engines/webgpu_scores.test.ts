import { describe, expect, test } from "vitest";
import { createWebgpuEngine } from "../../src/engines/webgpu/engine.js";
import { planNetwork } from "../../src/engines/webgpu/plan.js";
import { buildNetwork } from "../../src/network/build.js";
import { resolveInput } from "../../src/network/input.js";
import { NetworkBuilder } from "../support/network_builder.js";
import { observe } from "../support/observed_device.js";
import { expectSameBits } from "./comparison.js";
import { gpu, sharedDevice, webgpu } from "./webgpu_engines.js";

const input = resolveInput(undefined, 3);

/** Whatever keeps something for its vjp: a max-pool, a function without a mask, a normalisation, pairs that do not pass cotangents on. */
function keepingNetwork() {
  const net = new NetworkBuilder([8, 8, 3], 5);
  const conv = (from: string) => net.conv(from, { filters: 6 });
  const pooled = net.add(
    { op: "MaxPool", kernel: [2, 2], strides: [2, 2], pads: [0, 0, 0, 0] },
    conv(net.input),
  );
  const swish = net.add({ op: "Swish" }, pooled);
  const normal = net.add({ op: "LayerNormalization", epsilon: 1e-5 }, conv(swish));
  const larger = net.add({ op: "Max" }, swish, normal);
  const gate = net.add({ op: "Sigmoid" }, conv(larger));
  const quotient = net.add({ op: "Div" }, larger, gate);
  return buildNetwork(net.build(net.gemm(net.flatten(quotient), 4)));
}

test("a forward pass for logits alone writes nothing for a backward pass", () => {
  const plan = planNetwork(keepingNetwork(), input);
  const kept = (dispatches: typeof plan.forward) =>
    dispatches
      .flatMap(({ writes }) => writes.map(({ label }) => label))
      .filter((label) => /^(winners|derivative|normalised|wins|reciprocal|slope)/.test(label));
  // Two of the functions, two of each pair.
  expect(kept(plan.forward)).toHaveLength(8);
  expect(kept(plan.scores)).toEqual([]);
  expect(plan.scores.map(({ label }) => label)).toEqual(
    plan.forward.filter(({ scores }) => scores !== null).map(({ label }) => label),
  );
});

describe.skipIf(!gpu)("logits alone", () => {
  test("have the bits of those of a Jacobian, and change no bit of one after them", async () => {
    using engine = await webgpu("webgpu").create(keepingNetwork(), input);
    const image = (seed: number) => Float32Array.from({ length: 192 }, (_, i) => ((i * seed) % 97) / 97);
    const [a, b] = [image(31), image(57)];
    const fresh = await engine.jacobian(a, { classes: 4 });
    expectSameBits((await engine.logits(a)).logits, fresh.logits, "logits");
    await engine.logits(b);
    expectSameBits(
      (await engine.jacobian(a, { classes: 4 })).values,
      fresh.values,
      "values after other logits",
    );
  });

  test("take fewer dispatches", async () => {
    const network = keepingNetwork();
    const { forward, scores, topClasses, gradients } = planNetwork(network, input);
    const observed = observe(await sharedDevice());
    using engine = await createWebgpuEngine(network, input, { device: observed.device });
    const images = new Float32Array(192).fill(0.5);
    await engine.logits(images);
    expect(observed.dispatches.length).toBe(scores.length);
    await engine.jacobian(images, { classes: 2 });
    expect(observed.dispatches.length - scores.length).toBe(
      forward.length + topClasses.length + gradients.length,
    );
    expect(scores.length).toBe(forward.length - 2);
  });
});
