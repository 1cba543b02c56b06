import { describe, expect, it } from "vitest";
import { Absent } from "../../bench/contenders/contender.js";
import { drawImages } from "../../bench/images.js";
import type { BenchNetwork } from "../../bench/networks.js";
import { pageOpeners } from "../../bench/page/openers.js";
import { resnet20, tiny } from "../../bench/small_networks.js";
import { buildNetwork } from "../../src/network/build.js";
import { resolveInput } from "../../src/network/input.js";
import type { NetworkSpec } from "../../src/network/spec.js";

function benchOf(name: string, spec: NetworkSpec): BenchNetwork {
  const network = buildNetwork(spec);
  const images = drawImages(network.input.shape, 1, 1);
  return { name, network, input: resolveInput(undefined, 3), images, source: "test" };
}

const large = benchOf("resnet20-he", resnet20(1));
const software = { name: "llvmpipe", software: true };

describe("who may take part in a page", () => {
  const reasonOf = async (openers: readonly (() => Promise<unknown>)[]): Promise<string> => {
    const error = await openers[0]().then(
      () => new Error("it opened"),
      (thrown: Error) => thrown,
    );
    expect(error).toBeInstanceOf(Absent);
    return error.message;
  };
  const open = pageOpeners({
    threads: [0],
    adapters: { webgpu: software, webgl: software },
    anySize: false,
  });
  const none = pageOpeners({ threads: [0], adapters: {}, anySize: true });

  it.each(["webgpu", "webgpu-f16w", "tfjs-webgpu", "tfjs-webgl"] as const)(
    "%s on software computes tiny networks only, and says so where there is no adapter",
    async (engine) => {
      expect(await reasonOf(open(engine, large))).toBe(
        "llvmpipe is software, which computes tiny networks only",
      );
      expect(await reasonOf(none(engine, large))).toMatch(/^this browser has no Web(GPU|GL) in workers/);
    },
  );

  it("float64 computes small networks only, Python none", async () => {
    expect(await reasonOf(open("reference", large))).toContain("takes seconds a call");
    const [reference] = open("reference", benchOf("tiny", tiny(1)));
    expect((await reference()).engine).toBe("reference");
    expect(await reasonOf(open("torch", large))).toBe("runs in Python, beside Node");
  });
});
