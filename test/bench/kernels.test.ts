import { describe, expect, it } from "vitest";
import { forwardCall, type KernelCall, vjpCall } from "../../bench/kernels/layer.js";
import { assembleKernels, Instance } from "../../bench/roofline/module.js";
import type { ConvShape } from "../../bench/shapes.js";
import { convForward } from "../../src/kernels/conv/wasm_forward.js";
import { convVjp } from "../../src/kernels/conv/wasm_vjp.js";

const shape: ConvShape = {
  network: "test",
  height: 7,
  width: 6,
  channels: 5,
  filters: 9,
  kernel: 3,
  stride: 1,
  pad: 1,
  live: [0.6, 0.5],
};
const tile = { pixels: 2, vectors: 4 } as const;
const forward = convForward(tile);
const vjp = convVjp({ lanes: 10 });
const instance = new Instance(assembleKernels([forward, vjp], { relaxed: false }), 1);

describe("kernel benchmarks call the kernels as they want to be called", () => {
  const right = (call: KernelCall): void => {
    expect(call.error).toBeLessThanOrEqual(call.bound);
    // A kernel that left zeros would be off by the whole sum.
    expect(call.bound).toBeGreaterThan(0);
  };

  it("forward", () => {
    const call = forwardCall(instance, forward, tile, shape);
    right(call);
    expect(call.macs).toBe(7 * 6 * 9 * 9 * 5);
  });

  it("vjp, and counts live work only", () => {
    const call = vjpCall(instance, vjp, 10, shape);
    right(call);
    expect(call.macs).toBeGreaterThan(0);
    expect(call.macs).toBeLessThan(0.6 * 10 * 7 * 6 * 9 * 9 * 5);
  });
});
