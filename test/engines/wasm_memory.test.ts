import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { describe, expect, test } from "vitest";
import { createWasmEngine } from "../../src/engines/wasm/engine.js";
import { createMemory, segmentBytes, writingLater } from "../../src/engines/wasm/plan/layout.js";
import { lower } from "../../src/engines/wasm/plan/lowerings.js";
import { planProgram } from "../../src/engines/wasm/plan/program.js";
import { buildNetwork } from "../../src/network/build.js";
import { fuse } from "../../src/network/fuse.js";
import { resolveInput } from "../../src/network/input.js";
import { simplify } from "../../src/network/simplify.js";
import { NetworkBuilder } from "../support/network_builder.js";
import { imagesOf, mixedNetwork } from "./mixed_network.js";

setFlagsFromString("--expose-gc");
const collectGarbage = runInNewContext("gc") as () => void;

/** Bytes of `ArrayBuffer`s that are reachable; the memory of WASM instances is none of them. */
async function heldBytes(): Promise<number> {
  for (let i = 0; i < 3; i++) {
    collectGarbage();
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  return process.memoryUsage().arrayBuffers;
}

const input = resolveInput(undefined, 3);

/** Direct, grouped, by Winograd, sparse, dense: 9 MiB of weights. */
function heavyNetwork() {
  const net = new NetworkBuilder([8, 8, 3], 1);
  let value = net.relu(net.conv(net.input, { filters: 256, kernel: 1 }));
  value = net.relu(net.conv(value, { filters: 256 }));
  value = net.relu(net.conv(value, { filters: 256, kernel: 5, groups: 4 }));
  value = net.relu(net.conv(value, { filters: 256, strides: 2 }));
  return buildNetwork(net.build(net.gemm(net.flatten(value), 200)));
}

describe("weights lie in WASM memory alone once they are there", () => {
  test.each([0, 1, 2])("%i threads", async (threads) => {
    const network = heavyNetwork();
    const weights = network.nodes.reduce(
      (sum, node) => sum + ("weights" in node ? node.weights.byteLength : 0),
      0,
    );
    expect(weights).toBeGreaterThan(8 * 2 ** 20);
    // The first engine of a process loads what all share.
    (await createWasmEngine(mixedNetwork(3), input, { threads })).dispose();
    const before = await heldBytes();
    using engine = await createWasmEngine(network, input, { threads });
    expect(engine.memoryBytes).toBeGreaterThan(2 * weights);
    expect((await heldBytes()) - before).toBeLessThan(0.02 * weights);
  });
});

test("a segment sent to another memory is the one packed in place", () => {
  const { plan, segments } = planProgram(lower(fuse(simplify(heavyNetwork()))), input, 0);
  const memory = createMemory(plan.pages, segments, false);
  writingLater(memory, segments)();
  const here = new Uint8Array(memory.buffer);
  const sent = new Uint8Array(here.length);
  for (const segment of segments) sent.set(segmentBytes(segment), segment.address);
  expect(Buffer.compare(here, sent)).toBe(0);
  expect(here.some((byte) => byte !== 0)).toBe(true);
});

test("where memory for images side by side is not to be had, threads share one", async () => {
  const network = mixedNetwork(12);
  const image = imagesOf(network, 3);
  using roomy = await createWasmEngine(network, input, { threads: 2 });
  const real = WebAssembly.Memory;
  const most = roomy.memoryBytes / 65536 - 1;
  WebAssembly.Memory = class extends real {
    constructor(descriptor: WebAssembly.MemoryDescriptor) {
      if (descriptor.initial > most) throw new RangeError("no so much");
      super(descriptor);
    }
  };
  try {
    using tight = await createWasmEngine(network, input, { threads: 2 });
    expect(tight.memoryBytes).toBeLessThan(roomy.memoryBytes);
    expect(await tight.jacobian(image, { classes: 5 })).toEqual(await roomy.jacobian(image, { classes: 5 }));
    await expect(createWasmEngine(heavyNetwork(), input, { threads: 2 })).rejects.toThrow(
      /^compile: could not allocate/,
    );
  } finally {
    WebAssembly.Memory = real;
  }
});
