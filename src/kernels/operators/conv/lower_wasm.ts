import { convGeometry, isDepthwise } from "../../conv/geometry.js";
import { convolution } from "../../conv/lower_wasm.js";
import { depthwise } from "../../depthwise/lower_wasm.js";
import type { Step } from "../../node.js";
import type { Lowering } from "../../wasm/lowering.js";
import type { Conv } from "./spec.js";

const general = convolution<Conv>(convGeometry);

/** Channels by themselves have kernels of their own. */
export const lowering: Lowering<Conv> = {
  forward: (step, context) => loweringOf(step).forward(step, context),
  vjp: (step, context) => loweringOf(step).vjp(step, context),
  scratchBytes: (step, tuning) => loweringOf(step).scratchBytes?.(step, tuning) ?? 0,
  writesLists: (step) => loweringOf(step).writesLists?.(step) ?? false,
  readsLists: (step) => loweringOf(step).readsLists?.(step) ?? false,
};

function loweringOf({ node }: Step<Conv>): Lowering<Conv> {
  return isDepthwise(node, node.inputShapes[0][2]) ? depthwise : general;
}
