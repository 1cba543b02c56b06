import { describe, expect, it } from "vitest";
import { Checker } from "../../bench/check.js";
import { drawImages } from "../../bench/images.js";
import type { BenchNetwork } from "../../bench/networks.js";
import { vgg16 } from "../../bench/vgg16.js";
import { createReferenceEngine } from "../../src/engines/reference.js";
import { buildNetwork } from "../../src/network/build.js";
import { resolveInput } from "../../src/network/input.js";
import type { NetworkSpec } from "../../src/network/spec.js";

/** The first convolution of VGG-16, averaged: small enough for the reference. */
const { nodes, input: entry } = vgg16(1, 32, 8, 4);
const spec: NetworkSpec = {
  input: { name: entry.name, shape: [8, 8, 3] },
  nodes: [
    ...nodes.slice(0, 2),
    { op: "GlobalAveragePool", name: "pool", inputs: [nodes[1].name] },
  ] as NetworkSpec["nodes"],
  output: "pool",
};
const network = buildNetwork(spec);
const bench: BenchNetwork = {
  name: "tiny",
  network,
  input: resolveInput(undefined, 3),
  images: drawImages([8, 8, 3], 2, 1),
  source: "test",
};
const work = { forward: 1, denseBackward: 1, liveBackward: 1, images: 1 };
const reference = createReferenceEngine(network, bench.input);

describe("Checker", () => {
  it("passes right results and fails zeros", async () => {
    const c = { op: "jacobian", network: "tiny", batch: 2, classes: 3 } as const;
    const right = await reference.jacobian(bench.images.values, { classes: 3 });
    const checker = new Checker(bench, work);
    expect(await checker.check(c, { op: "jacobian", ...right }, "a")).toMatchObject({ passed: true });
    const zeros = { ...right, values: new Float32Array(right.values.length) };
    expect(await checker.check(c, { op: "jacobian", ...zeros }, "b")).toMatchObject({ passed: false });
    const nothing = { op: "logits", logits: new Float32Array(2 * network.classes) } as const;
    expect(await checker.check({ ...c, op: "logits" }, nothing, "c")).toMatchObject({ passed: false });
  });

  it("compares with the first result where the reference would take too long", async () => {
    const c = { op: "logits", network: "tiny", batch: 2, classes: 0 } as const;
    const { logits } = await reference.logits(bench.images.values);
    const checker = new Checker(bench, { ...work, forward: 1e12 });
    const first = await checker.check(c, { op: "logits", logits }, "a");
    expect(first.against).toContain("nothing");
    expect(await checker.check(c, { op: "logits", logits }, "b")).toMatchObject({
      passed: true,
      against: "a",
    });
    const off = logits.map((x) => 1.001 * x);
    expect(await checker.check(c, { op: "logits", logits: off }, "c")).toMatchObject({ passed: false });
  });
});
