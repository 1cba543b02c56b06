import { readdirSync } from "node:fs";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { describe, expect, test } from "vitest";
import { resolveInput } from "../../src/network/input.js";
import { oneIn } from "../support/portion.js";
import { wasm, wasmEngines } from "./engines.js";
import { exactNetwork, imagesOf, mixedNetwork } from "./mixed_network.js";

const network = mixedNetwork(10);
const input = resolveInput(undefined, 3);
const images = imagesOf(network, 4);

describe("resources", () => {
  setFlagsFromString("--expose-gc");
  const collect = runInNewContext("gc") as () => void;
  /** Lets finalisers and workers end, then measures. */
  async function usage() {
    for (let round = 0; round < 3; round++) {
      collect();
      await new Promise((resolve) => setTimeout(resolve, 30));
    }
    const { rss, heapUsed, arrayBuffers } = process.memoryUsage();
    return { rss, held: heapUsed + arrayBuffers };
  }
  const MiB = 2 ** 20;

  test.each(oneIn(3, wasmEngines))("2,000 Jacobians on $name leave nothing", async (under) => {
    using engine = await under.create(network, input);
    const one = images.subarray(0, images.length / 4);
    const out = new Float32Array(10 * one.length);
    const round = async (count: number) => {
      for (let i = 0; i < count; i++) await engine.jacobian(one, { classes: 10, out });
    };
    await round(200);
    const before = await usage();
    await round(2000);
    const after = await usage();
    // 2,000 results of 24 kB would be 48 MB.
    expect(after.held - before.held).toBeLessThan(4 * MiB);
    expect(after.rss - before.rss).toBeLessThan(32 * MiB);
  });

  test.each(oneIn(2, [0, 2]))(
    "10,000 Jacobians of a tiny network on %i threads leave nothing",
    async (threads) => {
      const tiny = exactNetwork(3);
      using engine = await wasm(`wasm-${threads}`, "simd", threads).create(tiny, resolveInput(undefined, 2));
      const one = imagesOf(tiny, 1);
      const round = async (count: number) => {
        let last: Float32Array = new Float32Array();
        for (let i = 0; i < count; i++) last = (await engine.jacobian(one, { classes: 3 })).values;
        return last;
      };
      await round(1000);
      const before = await usage();
      expect((await round(10_000)).some((value) => value !== 0)).toBe(true);
      const after = await usage();
      // 10,000 results of 1.3 kB would be 13 MB.
      expect(after.held - before.held).toBeLessThan(2 * MiB);
      expect(after.rss - before.rss).toBeLessThan(32 * MiB);
    },
  );

  const mostThreads = 3;
  test.each(oneIn(2, [mostThreads, 0]))("20 engines of %i threads come and go", async (threads) => {
    const cycle = async () => {
      using engine = await wasm(`wasm-${threads}`, "simd", threads).create(network, input);
      await engine.jacobian(images, { classes: 10 });
    };
    for (let i = 0; i < 4; i++) await cycle();
    const before = await usage();
    const tasks = countThreads();
    for (let i = 0; i < 20; i++) await cycle();
    await expect.poll(countThreads, { timeout: 10_000 }).toBeLessThanOrEqual(tasks);
    const after = await usage();
    expect(after.held - before.held).toBeLessThan(4 * MiB);
    // Each has a megabyte of linear memory and more; a worker has tens of megabytes.
    expect(after.rss - before.rss).toBeLessThan(64 * MiB);
  });
});

/** Threads of this process, where the system shows them. */
function countThreads(): number {
  try {
    return readdirSync("/proc/self/task").length;
  } catch {
    return 0;
  }
}
