import { type Lanes, MAX_LANES } from "../../../kernels/wasm/lowering.js";
import type { Entry } from "../../../kernels/wasm/tape.js";
import { TUNING } from "../../../kernels/wasm/tuning.js";
import type { FusedNetwork } from "../../../network/fuse.js";
import type { InputTransform } from "../../../network/input.js";
import { sizeOf } from "../../../network/spec.js";
import type { KernelCall, KernelCalls } from "../../kernel_calls.js";
import { planBackward, scratchBytes } from "./backward.js";
import { planForward } from "./forward.js";
import { Layout } from "./layout.js";
import { LiveConstants } from "./live.js";
import { lower } from "./lowerings.js";

/** Cotangents of a Jacobian of ten classes, DeepFool's default. */
const TEN: Lanes = 10;

/** What the WASM engine calls; no memory is taken, and weights are not packed. */
export function wasmKernelCalls(fused: FusedNetwork, transform: InputTransform): KernelCalls {
  const network = lower(fused);
  const layout = new Layout();
  const scratch = layout.reserve(scratchBytes(network, TUNING));
  const constants = new LiveConstants(layout, network.classes);
  const forward = planForward(network, transform, layout, scratch, constants.patterns);
  const seeds = layout.reserve(4 * MAX_LANES * network.classes);
  const gradient = layout.reserve(4 * MAX_LANES * sizeOf(network.inputShape));
  const room = { seeds, gradient, scratch, constants };
  const backward = planBackward(network, forward, layout, room, TEN, TUNING);
  return { forward: forward.entries.map(callOf), backward: backward.entries.map(callOf) };
}

function callOf({ label, kernel }: Entry): KernelCall {
  return { label, kernel };
}
