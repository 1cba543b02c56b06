import { describe, expect, test } from "vitest";
import { planNetwork } from "../../src/engines/webgpu/plan.js";
import { buildNetwork } from "../../src/network/build.js";
import { resolveInput } from "../../src/network/input.js";
import type { Network } from "../../src/network/spec.js";
import { NetworkBuilder } from "../support/network_builder.js";
import { expectSameBits } from "./comparison.js";
import { imagesOf } from "./mixed_network.js";
import { gpu, webgpu } from "./webgpu_engines.js";

const input = resolveInput({ mean: 0.25, std: 0.5 }, 3);

/** Convolutions of 3, 16, 32 and 64 columns, so one for each large tile forward and backward, and a dense layer. */
function networkOfEveryTile(): Network {
  const net = new NetworkBuilder([11, 9, 3], 5);
  let value = net.input;
  for (const filters of [16, 32, 64]) value = net.relu(net.conv(value, { filters }));
  return buildNetwork(net.build(net.gemm(net.add({ op: "GlobalAveragePool" }, value), 6)));
}

/**
 * A call so small that small tiles fill the device never takes the large ones by itself. Both add in the same order, so
 * that nothing shows of the choice; the small ones are compared with the oracle elsewhere.
 */
test.skipIf(!gpu)("large tiles have the bits of small ones", async () => {
  const network = networkOfEveryTile();
  // Twelve cotangents of 99 pixels: several tiles of rows, the last incomplete.
  const images = imagesOf(network, 3);
  using small = await webgpu("small tiles", { enoughGroups: Infinity }).create(network, input);
  using large = await webgpu("large tiles", { enoughGroups: 1 }).create(network, input);
  const expected = await small.jacobian(images, { classes: 4 });
  const found = await large.jacobian(images, { classes: 4 });
  expectSameBits(found.logits, expected.logits, "logits");
  expectSameBits(found.values, expected.values, "gradients");
  expect(found.values.some((value) => value !== 0)).toBe(true);
});

describe("the network of every tile", () => {
  test("has them all, forward and backward", () => {
    const { forward, gradients } = planNetwork(networkOfEveryTile(), input);
    const tiles = (list: typeof forward) =>
      new Set(list.filter(({ small }) => small).map(({ shader }) => shader.name.split("_").slice(2, 3)[0]));
    expect([...tiles(forward)].filter((tile) => tile?.includes("x")).sort()).toEqual([
      "128x16x16",
      "128x32x16",
      "128x64x16",
    ]);
    expect(tiles(gradients)).toContain("256x4x8");
    expect(tiles(gradients)).toContain("128x16x16");
    expect(tiles(gradients)).toContain("128x32x16");
    expect(tiles(gradients)).toContain("128x64x16");
  });
});
