import { describe, expect, test } from "vitest";
import { deepfoolLoop } from "../../src/api/deepfool_loop.js";
import { createWasmEngine } from "../../src/engines/wasm/engine.js";
import { buildNetwork } from "../../src/network/build.js";
import { resolveInput } from "../../src/network/input.js";
import type { Network } from "../../src/network/spec.js";
import { NetworkBuilder } from "../support/network_builder.js";
import { randomImages } from "../support/random_network.js";
import {
  CLIFF_PROFILES,
  cliffNetwork,
  expectFixedCandidates,
  expectUndone,
  overtakingNetwork,
} from "../support/testers/deepfool_runs.js";
import { variants } from "../support/wasm_kernel.js";
import { expectWithin } from "../support/within.js";

/** Images below, at and above the 1024 units of a tile, and of two and a bit. */
const SIZES = [
  [1, 31],
  [32, 32],
  [25, 41],
  [41, 53],
] as const;

describe.each(variants)("the tape of a DeepFool run, $variant", ({ relaxed }) => {
  test.each(SIZES)("is the portable loop on images of %i x %i", async (height, width) => {
    // Weights on a grid: gradients are exact in float32, so that only sums of squares in float64 may differ.
    const net = new NetworkBuilder([height, width, 1], 1, 1 / 16);
    const value = net.relu(net.conv(net.input, { filters: 2, kernel: [1, 3] }));
    const network = buildNetwork(net.build(net.gemm(net.flatten(value), 14)));
    const input = resolveInput(undefined, 1);
    const images = randomImages({ ...network, nodes: [] }, 3, 7);
    using engine = await createWasmEngine(network, input, { threads: 0, deterministic: !relaxed });
    for (const [norm, classes] of [
      [2, 14],
      [Infinity, 14],
      [2, 3],
    ] as const) {
      const request = { profile: "lts4", norm, classes, steps: 4, overshoot: 0, trace: true } as const;
      const ours = await engine.deepfool!(images, request);
      const portable = await deepfoolLoop(engine, images, request);
      expect(Math.max(...ours.iterations)).toBeGreaterThan(1);
      expect(ours.chosen?.map((steps) => [...steps])).toEqual(portable.chosen?.map((steps) => [...steps]));
      // A last bit of float64 may change one rounding.
      expectWithin(
        ours.perturbation,
        portable.perturbation,
        (i) => 2 ** -23 * Math.abs(portable.perturbation[i]),
      );
      expect(ours.perturbation.some((r) => r !== 0)).toBe(true);
    }
  });

  const engineOf = (network: Network, channels: number) =>
    createWasmEngine(network, resolveInput(undefined, channels), { threads: 0, deterministic: !relaxed });

  test.each(CLIFF_PROFILES)(
    "a step to where nothing is finite leaves no trace, profile %s",
    async (profile) => {
      using engine = await engineOf(cliffNetwork(), 2);
      await expectUndone(engine, profile);
    },
  );

  test("candidates are those of the image", async () => {
    using engine = await engineOf(overtakingNetwork(), 1);
    await expectFixedCandidates(engine);
  });
});
