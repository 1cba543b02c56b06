import { convGeometry, isDepthwise } from "../../conv/geometry.js";
import { groupedConvolution } from "../../conv/lower_wasm_grouped.js";
import { depthwise } from "../../depthwise/lower_wasm.js";
import type { Step } from "../../node.js";
import type { Lowering } from "../../wasm/lowering.js";
import { whole } from "./lower_wasm_whole.js";
import type { Conv } from "./spec.js";

const grouped = groupedConvolution<Conv>(convGeometry);

/** Groups of channels have kernels of their own, and channels by themselves. */
export const lowering: Lowering<Conv> = {
  forward: (step, context) => loweringOf(step).forward(step, context),
  vjp: (step, context) => loweringOf(step).vjp(step, context),
  scratchBytes: (step, tuning) => loweringOf(step).scratchBytes?.(step, tuning) ?? 0,
  writesLists: (step) => loweringOf(step).writesLists?.(step) ?? false,
  readsLists: (step) => loweringOf(step).readsLists?.(step) ?? false,
};

function loweringOf({ node }: Step<Conv>): Lowering<Conv> {
  if (node.groups === 1) return whole;
  return isDepthwise(node, node.inputShapes[0][2]) ? depthwise : grouped;
}
