import { expectGuarded } from "./guarded.js";
import { nodeBounds } from "./rule_bounds.js";
import { addendOf, isLive, runStep, type StepCase } from "./wgsl_step.js";

const U = 2 ** -24;

/** Runs a step and holds value and cotangents to the node's reference, within its own float32 rule. */
export async function expectStepByRule(device: GPUDevice, test: StepCase): Promise<void> {
  const { node, inputs, lanes = 1, slots = inputs.map((_, i) => i), mask, added, gy } = test;
  const result = await runStep(device, test);
  const bounds = inputs.map((image) => nodeBounds(node, image));
  const units = result.y.length / inputs.length;
  const neighbours = [1, node.shape.at(-1) ?? 1];
  bounds.forEach(({ y: { value, error } }, i) => {
    expectGuarded(result.y.subarray(i * units, (i + 1) * units), value, (u) => error[u], neighbours);
  });
  slots.forEach((slot, a) => {
    for (let k = 0; k < lanes; k++) {
      const n = a * lanes + k;
      const shares = bounds[slot].back(gy.subarray(n * units, (n + 1) * units));
      node.inputs.forEach((name, j) => {
        const size = inputs[slot][j].length;
        const addend = addendOf(size * slots.length * lanes).subarray(n * size, (n + 1) * size);
        const live = (u: number) => !mask || isLive(inputs[slot][j][u], mask);
        expectGuarded(
          result.cotangents.get(name)!.subarray(n * size, (n + 1) * size),
          shares[j].value.map((v, u) => (live(u) ? v + (added ? addend[u] : 0) : 0)),
          (u) => shares[j].error[u] + (added ? U * (Math.abs(shares[j].value[u]) + Math.abs(addend[u])) : 0),
          [1],
        );
      });
    }
  });
}
