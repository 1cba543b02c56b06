import { describe, expect, test } from "vitest";
import { loweringOf } from "../../src/engines/webgpu/lowerings.js";
import { prelu } from "../../src/kernels/operators/p_relu/cases.js";
import type { Dispatch } from "../../src/kernels/webgpu/dispatch.js";
import { Tensor } from "../../src/kernels/webgpu/dispatch.js";
import type { Operator } from "../../src/network/spec.js";
import { FUNCTIONS, inFloat32 } from "../support/element_wise.js";
import { randomValues } from "../support/random_values.js";
import { singleNode } from "../support/single_node.js";
import { openGpu, requestTestDevice } from "../support/webgpu.js";
import { randomStep } from "../support/wgsl_cases.js";
import { expectStep } from "../support/wgsl_expect_step.js";
import { runDispatches } from "../support/wgsl_kernel.js";
import { runStep } from "../support/wgsl_step.js";
import { expectWithin } from "../support/within.js";

const gpu = await openGpu();
const U = 2 ** -24;
/** Where the samples have their kinks. */
const KINKS = [3, -3, 0.25, 0.5];

/** Every exponent of float32 with both signs, densely where the functions bend, and both sides of kinks. */
function inputs(): Float32Array {
  const random = randomValues(1);
  const everywhere = Array.from({ length: 277 }, (_, i) => i - 149).flatMap((exponent) =>
    [1, -1].flatMap((sign) =>
      [1, ...Array.from({ length: 9 }, () => random.uniform(1, 2))].map((m) => sign * m * 2 ** exponent),
    ),
  );
  const dense = Array.from({ length: 30001 }, (_, i) => (i - 15000) / 1000);
  const wide = Array.from({ length: 10000 }, () => random.uniform(-110, 110));
  const kinks = KINKS.flatMap((x) => [1 - U, 1 - 2 * U, 1 + 2 * U].map((factor) => x * factor));
  return Float32Array.from([...everywhere, ...dense, ...wide, ...kinks, 0, -0]);
}

interface Evaluated {
  readonly y: Float32Array;
  readonly derivative: Float32Array;
}

async function evaluate(device: GPUDevice, operator: Operator, x: Float32Array): Promise<Evaluated> {
  const node = singleNode(operator, [x.length]);
  const [input, output] = ["input0", "node"].map((name) => new Tensor(x.length, "images", name));
  const dispatches: Dispatch[] = [];
  const step = { node, inputs: ["input0"], output: "node" };
  const { derivative } = loweringOf(step).forward(step, {
    emit: (made) => dispatches.push(made),
    value: (name) => (name === "node" ? output : input),
    constant: (label, data) => new Tensor(data.length, "constant", label, data),
    keep: (label, units) => new Tensor(units, "images", label),
    varies: () => true,
    weights: "float32",
  });
  const found = await runDispatches(device, dispatches, new Map([[input, x]]), { images: 1 });
  return { y: found.get(output) as Float32Array, derivative: found.get(derivative) as Float32Array };
}

describe.skipIf(!gpu)("WGSL of element-wise functions", async () => {
  const device = gpu ? await requestTestDevice(gpu) : (undefined as never);
  const everywhere = inputs();

  for (const f of FUNCTIONS) {
    const { operator, name, value, slope, roundsInput, cancellation, unbounded, condition } = f;
    // A denormal x may be taken for 0, where what is not bounded is infinite.
    const x = everywhere.filter((v) => f.defined(v) && (!unbounded || Math.abs(v) >= 2 ** -126));
    const times = condition(2) > 1 ? " times what a power loses" : "";

    test(`${name}: error <= 16 u ${roundsInput ? "max(1, |x|)" : "|y| + 2^-117"}${times} at every exponent`, async () => {
      const { y } = await evaluate(device, operator, x);
      const exact = value(x);
      expectWithin(y, exact.map(inFloat32), (i) =>
        roundsInput
          ? 16 * U * Math.max(1, Math.abs(x[i]))
          : 16 * U * condition(x[i]) * Math.abs(exact[i]) +
            2 ** -117 +
            cancellation * Math.min(16, Math.abs(x[i])),
      );
    });

    test(`${name}: derivative error <= 16 u${unbounded ? " max(1, |f'|)" : ""}${times} at every exponent`, async () => {
      const found = await evaluate(device, operator, x);
      const exact = slope(x);
      // Where the reference overflows in an intermediate it has NaN; the derivative is then 0 or 1.
      const limits = exact.map((v, i) => (Number.isNaN(v) ? (x[i] > 0 ? 1 : 0) : inFloat32(v)));
      // A denormal x may be taken for 0.
      const [atZero] = slope(Float32Array.of(0));
      expectWithin(
        found.derivative,
        limits.map((v, i) =>
          Math.abs(x[i]) < 2 ** -126 && Math.abs(found.derivative[i] - v) > 16 * U ? atZero : v,
        ),
        (i) => 16 * U * condition(x[i]) * (unbounded ? Math.max(1, Math.abs(limits[i])) : 1),
      );
    });

    test(`${name}: NaN stays NaN, infinities give limits, by fours and one by one`, async () => {
      const special = Float32Array.of(Infinity, -Infinity, 3e38, -3e38, Number.NaN, 1, -1, -0);
      const fours = await evaluate(device, operator, special);
      const ones = await evaluate(device, operator, special.slice(0, 7));
      const { y } = fours;
      expect(y[4]).toBeNaN();
      expect(ones.y).toEqual(fours.y.slice(0, 7));
      expect(ones.derivative).toEqual(fours.derivative.slice(0, 7));
      if (unbounded) {
        [Infinity, -Infinity].forEach((end, i) => {
          const [at] = [Float32Array.of(end)];
          if (!f.defined(end)) return;
          expect(y[i] + 0).toBe(value(at)[0] + 0);
          expect(fours.derivative[i] + 0).toBe(slope(at)[0] + 0);
        });
        return;
      }
      // Far out every function is its own limit, but for those that grow.
      const limit = (v: number) => (Math.abs(v) > 1e30 ? Math.sign(v) * Infinity : v + 0);
      expect(y[0] + 0).toBe(limit(y[2]));
      // 0 times an infinity is no limit.
      if (!("alpha" in operator && operator.alpha === 0)) expect(y[1] + 0).toBe(limit(y[3]));
      expect([...fours.derivative.slice(0, 2)]).toEqual([...fours.derivative.slice(2, 4)]);
    });

    test(`${name}: a step's vjp is the cotangent times the derivative at its slot`, async () => {
      for (const [choice, shape] of [[5], [3, 5, 4], [8], [131]].entries()) {
        const step = randomStep(operator, [shape], choice);
        const units = shape.reduce((a, b) => a * b, 1);
        const lanes = step.lanes as number;
        const slots = step.slots as readonly number[];
        const { cotangents } = await runStep(device, { ...step, mask: undefined, added: false });
        const derivatives = await Promise.all(
          step.inputs.map(([image]) => evaluate(device, operator, image)),
        );
        expectWithin(
          cotangents.get("input0") as Float32Array,
          step.gy.map((g, i) => g * derivatives[slots[Math.floor(i / units / lanes)]].derivative[i % units]),
          () => 0,
        );
      }
    });
  }

  test("PRelu: one slope, one per channel, one per unit", async () => {
    for (const shape of [[3, 5, 4], [3, 5, 7], [9]])
      for (const per of ["channel", "unit"] as const)
        for (const choice of [0, 1, 2, 3])
          await expectStep(device, randomStep(prelu(shape, per), [shape], choice), {
            forward: 2,
            vjp: 2,
          });
  });

  test("a cotangent of 0 stays 0 where the derivative is NaN", async () => {
    const step = randomStep({ op: "Sigmoid" }, [[4]], 0);
    const inputs = [[new Float32Array(4).fill(Number.NaN)]];
    const { cotangents } = await runStep(device, { ...step, inputs, gy: Float32Array.of(0, 1, -0, 2) });
    expect([...(cotangents.get("input0") as Float32Array)].map((g) => g + 0)).toEqual([
      0,
      Number.NaN,
      0,
      Number.NaN,
    ]);
  });

  test("Gelu keeps its relative accuracy in the tail, where 1 + erf has none left", async () => {
    const tail = Float32Array.from({ length: 1000 }, (_, i) => -5 - i / 125);
    const { y } = await evaluate(device, { op: "Gelu", approximate: "none" }, tail);
    const expected = Float64Array.from(tail, (v) => {
      let fraction = -v;
      for (let k = 300; k > 0; k--) fraction = -v + k / fraction;
      return (v * Math.exp((-v * v) / 2)) / (fraction * Math.sqrt(2 * Math.PI));
    });
    expectWithin(y, expected, (i) => 16 * U * Math.abs(expected[i]) + 2 ** -117);
  });
});
