import { describe, expect, it } from "vitest";
import { lowerAsNeeded } from "../../src/engines/wasm/plan/lower_as_needed.js";
import { lower } from "../../src/engines/wasm/plan/lowerings.js";
import { planProgram } from "../../src/engines/wasm/plan/program.js";
import { buildNetwork } from "../../src/network/build.js";
import { fuse } from "../../src/network/fuse.js";
import { resolveInput } from "../../src/network/input.js";
import { simplify } from "../../src/network/simplify.js";
import type { Network } from "../../src/network/spec.js";
import { NetworkBuilder } from "../support/network_builder.js";
import { mixedNetwork } from "./mixed_network.js";

/** Of plain operators alone, each of them left over by `simplify` and `fuse`. */
function plainNetwork(): Network {
  const net = new NetworkBuilder([12, 10, 3], 1);
  const early = net.batchNormalization(net.relu(net.input));
  const stem = net.add({ op: "Clip", min: 0, max: 6 }, net.conv(early, { filters: 16 }));
  const pooled = net.pool(stem, "MaxPool", { kernel: 3, strides: 2, pads: "same" });
  const averaged = net.pool(stem, "AveragePool", { kernel: 3, strides: 2, pads: "same" });
  const sum = net.relu(net.add({ op: "Add" }, pooled, averaged));
  const block = net.add(
    { op: "Add" },
    net.conv(net.relu(net.conv(sum, { filters: 16 })), { filters: 16 }),
    sum,
  );
  const mean = net.add({ op: "GlobalAveragePool" }, net.relu(block));
  return buildNetwork(net.build(net.gemm(net.flatten(mean), 7)));
}

describe("a network that is lowered with what it needs", () => {
  it.each([
    ["plain", plainNetwork()],
    ["mixed", mixedNetwork(10)],
  ])("%s: is planned as with all there is", async (_, network) => {
    const fused = fuse(simplify(network));
    const input = resolveInput({ mean: 0.5 }, 3);
    const planned = planProgram(await lowerAsNeeded(fused), input, 2);
    const expected = planProgram(lower(fused), input, 2);
    expect(planned.plan).toEqual(expected.plan);
    expect(planned.segments.length).toBe(expected.segments.length);
    const calls = ({ entries }: typeof planned) =>
      [...entries.values()].map((tape) => tape.map(({ label, kernel }) => `${label} ${kernel}`));
    expect(calls(planned)).toEqual(calls(expected));
    expect(calls(planned).flat().length).toBeGreaterThan(50);
  });
});
