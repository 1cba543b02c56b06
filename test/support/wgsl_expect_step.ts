import { factsOf } from "../../src/kernels/operators/facts_of.js";
import { referenceOf } from "../../src/kernels/operators/reference_of.js";
import { type Node, sizeOf } from "../../src/network/spec.js";
import { expectGuarded } from "./guarded.js";
import { addendOf, deadZeroed, isLive, runStep, type StepCase, type StepResult } from "./wgsl_step.js";
import { expectWithin } from "./within.js";

const U = 2 ** -24;

export interface StepBounds {
  /** Error of y, in units of 2^-24 times the sum of the magnitudes of its terms; 0 where only copies are made. */
  readonly forward: number;
  readonly vjp: number;
  /** The node whose values on magnitudes are those sums; default the same node. */
  readonly magnitude?: Node;
  /** The node whose values are expected; default the same node. */
  readonly exact?: Node;
}

/**
 * Holds a step to its reference operator, image by image, lane by lane, and to itself on one image alone, bit by bit. For
 * operators that are linear in each input.
 */
export async function expectStep(device: GPUDevice, test: StepCase, bounds: StepBounds): Promise<void> {
  const { node, inputs, lanes = 1, slots = inputs.map((_, i) => i), mask } = test;
  const names = test.names ?? node.inputs;
  const reference = referenceOf(node.op)!;
  const ideal = bounds.exact ?? node;
  const absolute = bounds.magnitude ?? ideal;
  const magnitudes = referenceOf(absolute.op)!;
  const result = await runStep(device, test);
  const units = sizeOf(node.shape);
  // The magnitudes of a maximum are those of its winners.
  const isMaximum = factsOf(node).liveness(node) === "maximum";
  const exact = (values: readonly Float32Array[], abs: boolean) =>
    values.map((x) => Float64Array.from(x, abs && !isMaximum ? Math.abs : (v) => v));
  const clamp = test.clamp ?? { low: -Infinity, high: Infinity };
  inputs.forEach((image, i) => {
    const y = result.y.subarray(i * units, (i + 1) * units);
    const residual = test.residual?.[i];
    const expected = reference.forward(ideal, exact(image, false)).map((v, u) => v + (residual?.[u] ?? 0));
    const magnitude = magnitudes
      .forward(absolute, exact(image, true))
      .map((v, u) => Math.abs(v) + Math.abs(residual?.[u] ?? 0));
    expectGuarded(
      y,
      expected.map((v) => Math.min(clamp.high, Math.max(clamp.low, v))),
      (u) => (bounds.forward + (residual ? 1 : 0)) * U * magnitude[u],
      [1, node.shape.at(-1) as number],
    );
  });
  const gy = deadZeroed(test, result.y, slots, lanes);
  slots.forEach((slot, a) => {
    for (let k = 0; k < lanes; k++) {
      const n = a * lanes + k;
      const dy = Float64Array.from(gy.subarray(n * units, (n + 1) * units));
      const none = new Float64Array(units);
      const image = inputs[slot];
      const found = reference.vjp(ideal, exact(image, false), none, dy);
      const sizes = magnitudes.vjp(absolute, exact(image, true), none, dy.map(Math.abs));
      for (const name of new Set(names)) {
        const size = sizeOf(node.inputShapes[names.indexOf(name)]);
        const addends = addendOf(size * slots.length * lanes).subarray(n * size, (n + 1) * size);
        const expected = Float64Array.from(addends, (v) => (test.added ? v : 0));
        const magnitude = expected.map(Math.abs);
        names.forEach((other, j) => {
          if (other !== name) return;
          found[j].forEach((v, u) => {
            expected[u] += v;
          });
          sizes[j].forEach((v, u) => {
            magnitude[u] += v;
          });
        });
        const x = image[names.indexOf(name)];
        const cotangent = result.cotangents.get(name)?.subarray(n * size, (n + 1) * size);
        const factor = bounds.vjp + (test.added ? 1 : 0) + names.filter((other) => other === name).length - 1;
        expectGuarded(
          cotangent as Float32Array,
          expected.map((v, u) => (mask && !isLive(x[u], mask) ? 0 : v)),
          (u) => factor * U * magnitude[u],
          [1, node.inputShapes[names.indexOf(name)].at(-1) ?? 1],
        );
      }
    }
  });
  if (inputs.length > 1) await expectAlone(device, test, result);
}

/** The last running image by itself gives the same bits. */
async function expectAlone(device: GPUDevice, test: StepCase, together: StepResult): Promise<void> {
  const { inputs, lanes = 1, slots = inputs.map((_, i) => i) } = test;
  const last = slots.length - 1;
  const rest = test.gy.length / slots.length;
  const alone = await runStep(device, {
    ...test,
    inputs: [inputs[slots[last]]],
    residual: test.residual && [test.residual[slots[last]]],
    slots: [0],
    // With the same kernels: what is added is another cotangent's, so that only the values can be compared.
    gy: test.gy.slice(last * rest),
  });
  const units = alone.y.length;
  expectWithin(alone.y, together.y.subarray(slots[last] * units, (slots[last] + 1) * units), () => 0);
  if (test.added) return;
  for (const [name, values] of alone.cotangents) {
    const all = together.cotangents.get(name) as Float32Array;
    expectWithin(values, all.subarray(all.length - (all.length / slots.length / lanes) * lanes), () => 0);
  }
}
