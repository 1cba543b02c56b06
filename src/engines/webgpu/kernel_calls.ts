import type { Dispatch } from "../../kernels/webgpu/dispatch.js";
import type { FusedNetwork } from "../../network/fuse.js";
import type { InputTransform } from "../../network/input.js";
import type { KernelCall, KernelCalls } from "../kernel_calls.js";
import { planBackward } from "./backward.js";
import { planForward } from "./forward.js";

/** What the WebGPU engine dispatches; no device is needed. */
export function webgpuKernelCalls(network: FusedNetwork, transform: InputTransform): KernelCalls {
  const forward = planForward(network, transform, "float32");
  const backward = planBackward(network, forward, transform);
  return { forward: forward.dispatches.map(callOf), backward: backward.dispatches.map(callOf) };
}

function callOf({ label, shader }: Dispatch): KernelCall {
  return { label, kernel: shader.name };
}
