import { loweringOf } from "../../src/engines/webgpu/lowerings.js";
import type { Clamp } from "../../src/kernels/node.js";
import { type Dispatch, Tensor } from "../../src/kernels/webgpu/dispatch.js";
import type { Destination } from "../../src/kernels/webgpu/lowering.js";
import type { WeightStorage } from "../../src/kernels/webgpu/weights.js";
import type { FusedStep } from "../../src/network/fuse.js";
import { type Node, sizeOf } from "../../src/network/spec.js";
import { POISON, runDispatches, type Values } from "./wgsl_kernel.js";

export interface StepCase {
  readonly node: Node;
  /** The same name twice is the same value twice; default all different. */
  readonly names?: readonly string[];
  /** For each image, the values of each input. */
  readonly inputs: readonly (readonly Float32Array[])[];
  readonly lanes?: number;
  /** Clamp of the step's output. */
  readonly clamp?: Clamp;
  /** For each image what is added before the clamp. */
  readonly residual?: readonly Float32Array[];
  /** Image of the forward pass of each running one; default all. */
  readonly slots?: readonly number[];
  /** Mask of every input's cotangent. */
  readonly mask?: Clamp;
  /** A share of every input's cotangent is there before. */
  readonly added?: boolean;
  /** Take the smaller of two tiles; default false. */
  readonly small?: boolean;
  /** Default "float32". */
  readonly weights?: WeightStorage;
  /** Cotangents of the output, `[cotangent][units]`; zeroed here at units that `clamp` kills. */
  readonly gy: Float32Array;
}

export interface StepResult {
  readonly y: Float32Array;
  /** By input name, `[cotangent][units]`. */
  readonly cotangents: ReadonlyMap<string, Float32Array>;
}

export const isLive = (value: number, { low, high }: Clamp) => low < value && value < high;

/** Runs one step's forward and vjp on the device, as the engine's planner would have it run. */
export async function runStep(device: GPUDevice, test: StepCase): Promise<StepResult> {
  const { node, inputs, lanes = 1, slots = inputs.map((_, i) => i), mask, weights = "float32" } = test;
  const names = test.names ?? node.inputs;
  const { residual } = test;
  const step: FusedStep = {
    ...{ node, inputs: names, output: "output", clamp: test.clamp },
    ...(residual && { residual: "residual" }),
  };
  const tileOf = (made: Dispatch): Dispatch => (test.small && made.small) || made;
  const forward: Dispatch[] = [];
  const values = new Map<Tensor, Values>();
  const tensors = new Map<string, Tensor>();
  names.forEach((name, j) => {
    if (tensors.has(name)) return;
    const tensor = new Tensor(sizeOf(node.inputShapes[j]), "images", name);
    tensors.set(name, tensor);
    values.set(tensor, concatenated(inputs.map((image) => image[j])));
  });
  const output = new Tensor(sizeOf(node.shape), "images", "output");
  tensors.set("output", output);
  if (residual) {
    const tensor = new Tensor(output.units, "images", "residual");
    tensors.set("residual", tensor);
    values.set(tensor, concatenated(residual));
  }
  const value = (name: string) => tensors.get(name) as Tensor;
  const constant = (label: string, data: Values) => new Tensor(data.length, "constant", label, data);
  const lowering = loweringOf(step);
  const kept = lowering.forward(step, {
    emit: (made) => forward.push(tileOf(made)),
    value,
    constant,
    weights,
    keep: (label, units) => new Tensor(units, "images", label),
    varies: () => true,
  });
  const call = { images: inputs.length, running: slots.length, lanes };
  const made = await runDispatches(device, forward, values, call);
  for (const [tensor, data] of made) values.set(tensor, data);
  const y = values.get(output) as Float32Array;

  // Of images that do not run nothing is read.
  for (const [tensor, data] of values)
    if (tensor.extent === "images")
      values.set(tensor, onlyImages(slots, data as Float32Array, inputs.length));
  const slotsTensor = new Tensor(1, "images", "slots");
  const someSlots = new Uint32Array(inputs.length);
  someSlots.set(slots);
  values.set(slotsTensor, someSlots);
  const cotangent = new Tensor(output.units, "cotangents", "gy");
  values.set(cotangent, deadZeroed(test, y, slots, lanes));
  const shares = new Map<string, Tensor[]>();
  for (const name of new Set(names)) {
    if (!test.added) continue;
    const units = value(name).units;
    const addend = new Tensor(units, "cotangents", `addend of ${name}`);
    values.set(addend, addendOf(units * slots.length * lanes));
    shares.set(name, [addend]);
  }
  const push = (name: string, tensor: Tensor) => {
    shares.set(name, [...(shares.get(name) ?? []), tensor]);
  };
  const backward: Dispatch[] = [];
  lowering.vjp(step, {
    emit: (made) => backward.push(tileOf(made)),
    value,
    constant,
    weights,
    kept,
    varies: () => true,
    cotangent,
    slots: slotsTensor,
    scratch: (label, units) => new Tensor(units, "cotangents", label),
    into: (name): Destination => {
      const addend = shares.get(name)?.pop();
      const target = new Tensor(value(name).units, "cotangents", `cotangent of ${name}`);
      push(name, target);
      return {
        target,
        share: { added: addend !== undefined, masked: mask !== undefined },
        tensors: { ...(addend && { addend }), ...(mask && { value: value(name), slots: slotsTensor }) },
        clamp: mask ?? { low: 0, high: 0 },
      };
    },
    pass: (name) => push(name, cotangent),
  });
  if (backward.length > 0)
    for (const [tensor, data] of await runDispatches(device, backward, values, call))
      values.set(tensor, data);
  const cotangents = new Map(
    [...shares].map(([name, list]) => [
      name,
      summed(
        list.map((t) => values.get(t) as Float32Array),
        mask,
        values.get(value(name)) as Float32Array,
        slots,
        lanes,
      ),
    ]),
  );
  return { y, cotangents };
}

/** What is passed on unchanged is added up and masked here, as the engine does later. */
function summed(
  list: readonly Float32Array[],
  mask: Clamp | undefined,
  value: Float32Array,
  slots: readonly number[],
  lanes: number,
): Float32Array {
  if (list.length === 1 && !mask) return list[0];
  const units = list[0].length / (slots.length * lanes);
  return list[0].map((_, i) => {
    const image = slots[Math.floor(i / units / lanes)];
    if (mask && !isLive(value[image * units + (i % units)], mask)) return 0;
    return list.reduce((sum, share) => Math.fround(sum + share[i]), 0);
  });
}

/** The output's cotangents, 0 at units that the step's own clamp kills. */
export function deadZeroed(
  test: StepCase,
  y: Float32Array,
  slots: readonly number[],
  lanes: number,
): Float32Array {
  const { clamp, gy } = test;
  if (!clamp) return gy;
  const units = gy.length / (slots.length * lanes);
  return gy.map((g, i) =>
    isLive(y[slots[Math.floor(i / units / lanes)] * units + (i % units)], clamp) ? g : 0,
  );
}

/** The values of some images, poison in place of the others'. */
function onlyImages(slots: readonly number[], data: Float32Array, images: number): Float32Array {
  const units = data.length / images;
  const kept = new Float32Array(new Uint32Array(data.length).fill(POISON).buffer);
  for (const slot of slots) kept.set(data.subarray(slot * units, (slot + 1) * units), slot * units);
  return kept;
}

function concatenated(parts: readonly Float32Array[]): Float32Array {
  const all = new Float32Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}

/** Multiples of 1/8, so that adding them is often exact. */
export function addendOf(length: number): Float32Array {
  return Float32Array.from({ length }, (_, i) => (((i * 37) % 41) - 20) / 8);
}
