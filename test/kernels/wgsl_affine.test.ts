import { describe, expect, test } from "vitest";
import { planBackward } from "../../src/engines/webgpu/backward.js";
import { planForward } from "../../src/engines/webgpu/forward.js";
import { addShader, zeroShader } from "../../src/kernels/add_cotangents/wgsl.js";
import { periodInFours } from "../../src/kernels/scale/lower_webgpu.js";
import { dispatch, perUnit, Tensor } from "../../src/kernels/webgpu/dispatch.js";
import { buildNetwork } from "../../src/network/build.js";
import { fuse } from "../../src/network/fuse.js";
import { resolveInput } from "../../src/network/input.js";
import type { BatchNormalization, Node } from "../../src/network/spec.js";
import { NetworkBuilder } from "../support/network_builder.js";
import { randomValues } from "../support/random_values.js";
import { openGpu, requestTestDevice } from "../support/webgpu.js";
import { randomStep } from "../support/wgsl_cases.js";
import { expectStep } from "../support/wgsl_expect_step.js";
import { runDispatches, type Values } from "../support/wgsl_kernel.js";
import { expectSame } from "../support/within.js";

const gpu = await openGpu();

describe.skipIf(!gpu)("WGSL of factors and offsets by channel", async () => {
  const device = gpu ? await requestTestDevice(gpu) : (undefined as never);

  // Channels by fours; units by fours with periods of 3, 2 and 1; none by fours. More than one workgroup.
  for (const [i, shape] of [
    [3, 5, 4],
    [4, 4, 3],
    [8, 12, 3],
    [2, 3, 2],
    [2, 4, 1],
    [3, 3, 3],
    [1, 1, 1],
  ].entries())
    for (const choice of [0, 1, 2, 3])
      test(`batch normalisation, error <= 4 u (|x s| + |m s| + |b|): ${shape}, way ${choice}`, () => {
        const random = randomValues(i);
        const draw = (low: number) => Float32Array.from({ length: shape[2] }, () => random.uniform(low, 2));
        const operator: BatchNormalization = {
          op: "BatchNormalization",
          scale: draw(-2),
          bias: draw(-2),
          mean: draw(-2),
          variance: draw(0.5),
          epsilon: 1e-3,
        };
        const step = randomStep(operator, [shape], choice);
        const magnitude = {
          ...step.node,
          scale: operator.scale.map(Math.abs),
          bias: operator.bias.map(Math.abs),
          mean: operator.mean.map((m) => -Math.abs(m)),
        } as Node;
        return expectStep(
          device,
          { ...step, ...(choice % 2 === 1 && { clamp: { low: -1, high: 2 } }) },
          { forward: 4, vjp: 3, magnitude },
        );
      });

  test.each([
    [2, 3, 2],
    [3, 3, 3],
  ])("the second operand of a difference: %i x %i x %i", (...shape) => {
    const step = randomStep({ op: "Sub" }, [shape, shape], 2);
    return expectStep(device, step, {
      forward: 1,
      vjp: 1,
      magnitude: { ...step.node, op: "Add" } as Node,
    });
  });
});

describe.skipIf(!gpu)("WGSL of shares of a cotangent", async () => {
  const device = gpu ? await requestTestDevice(gpu) : (undefined as never);
  const [images, slots, lanes] = [3, [2, 0], 2];

  for (const units of [1, 4, 63, 64, 131])
    test.each([true, false])(`are added up, 0 at dead units, ${units} units, masked %s`, async (masked) => {
      const random = randomValues(units);
      const draw = (length: number) => Float32Array.from({ length }, () => random.integer(-8, 8) / 8);
      const vector = units % 4 === 0;
      const tensors = {
        x: new Tensor(units, "cotangents", "x"),
        addend: new Tensor(units, "cotangents", "addend"),
        value: new Tensor(units, "images", "value"),
        slots: new Tensor(1, "images", "slots"),
        y: new Tensor(units, "cotangents", "y"),
      };
      const [x, addend, value] = [draw(4 * units), draw(4 * units), draw(images * units)];
      // The image that does not run.
      value.fill(Number.NaN, units, 2 * units);
      const size = vector ? units / 4 : units;
      const shader = addShader({ vector, share: { added: true, masked } });
      const made = dispatch("sum", shader, { units: size, low: -0.5, high: 0.75 }, tensors, perUnit(size));
      const values = new Map<Tensor, Values>([
        [tensors.x, x],
        [tensors.addend, addend],
        [tensors.value, value],
        [tensors.slots, Uint32Array.of(...slots, 9)],
      ]);
      const found = await runDispatches(device, [made], values, { images, running: 2, lanes });
      const isLive = (i: number) => {
        const v = value[slots[Math.floor(i / units / lanes)] * units + (i % units)];
        return !masked || (-0.5 < v && v < 0.75);
      };
      expectSame(
        found.get(tensors.y) as Float32Array,
        x.map((v, i) => (isLive(i) ? v + addend[i] : 0)),
      );
    });

  test("none are 0", async () => {
    const y = new Tensor(67, "cotangents", "y");
    const made = dispatch("none", zeroShader(), { units: 67 }, { y }, perUnit(67));
    const found = await runDispatches(device, [made], new Map(), { images, running: 2, lanes });
    expectSame(found.get(y) as Float32Array, new Float32Array(4 * 67));
  });
});

test("a period is repeated only where units are read by fours", () => {
  expect([...periodInFours(Float32Array.of(1, 2, 3), 24)]).toEqual([1, 2, 3, 1, 2, 3, 1, 2, 3, 1, 2, 3]);
  expect([...periodInFours(Float32Array.of(1, 2), 12)]).toEqual([1, 2, 1, 2]);
  expect([...periodInFours(Float32Array.of(1, 2, 3, 4), 12)]).toEqual([1, 2, 3, 4]);
  expect([...periodInFours(Float32Array.of(1, 2, 3), 27)]).toEqual([1, 2, 3]);
});

test("pixels of three channels are read by fours, forward and backward, where an image has a multiple of four", () => {
  const kernels = (side: number) => {
    const builder = new NetworkBuilder([side, side, 3], 1);
    const conv = builder.conv(builder.input, { filters: 4 });
    const network = fuse(
      buildNetwork(builder.build(builder.gemm(builder.add({ op: "GlobalAveragePool" }, conv), 3))),
    );
    const input = resolveInput({ mean: 0.5, std: 0.25 }, 3);
    const forward = planForward(network, input, "float32");
    const { dispatches } = planBackward(network, forward, input);
    return [forward.dispatches[0].shader.name, dispatches.at(-1)?.shader.name];
  };
  expect(kernels(6)).toEqual(["affine_c4", "scale_c4"]);
  expect(kernels(5)).toEqual(["affine", "scale"]);
});
