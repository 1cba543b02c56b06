import { planDeepfool } from "../../../src/engines/webgpu/deepfool_plan.js";
import { planNetwork } from "../../../src/engines/webgpu/plan.js";
import type { Dispatch, Tensor } from "../../../src/kernels/webgpu/dispatch.js";
import { buildNetwork } from "../../../src/network/build.js";
import { resolveInput } from "../../../src/network/input.js";
import { NetworkBuilder } from "../network_builder.js";
import { type Call, runDispatches, type Values } from "../wgsl_kernel.js";

/** What the engine plans around a network of so many pixels and classes. */
export function plansFor(size: number, classes: number) {
  const builder = new NetworkBuilder([1, 1, size], 1);
  const network = buildNetwork(builder.build(builder.gemm(builder.flatten(builder.input), classes)));
  const plan = planNetwork(network, resolveInput(undefined, size));
  return { plan, loop: planDeepfool(plan) };
}

/** The dispatch as the engine runs it, with the parameters that a run sets. */
export const set = (dispatch: Dispatch, params: Readonly<Record<string, number>> = {}): Dispatch => ({
  ...dispatch,
  params: { ...dispatch.params, ...params },
});

/** Runs one dispatch: what it has written, by tensor, as floats and as integers. */
export async function runOne(
  device: GPUDevice,
  dispatch: Dispatch,
  values: readonly (readonly [Tensor, Values])[],
  call: Call,
) {
  const made = await runDispatches(device, [dispatch], new Map(values), call);
  const floats = (tensor: Tensor): Float32Array => made.get(tensor) as Float32Array;
  return { floats, words: (tensor: Tensor) => new Uint32Array(floats(tensor).slice().buffer) };
}
