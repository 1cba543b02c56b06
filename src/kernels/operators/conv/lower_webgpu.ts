import { convGeometry, isDepthwise } from "../../conv/geometry.js";
import { convolution } from "../../conv/lower_webgpu.js";
import { depthwise } from "../../depthwise/lower_webgpu.js";
import type { Step } from "../../node.js";
import type { Lowering } from "../../webgpu/lowering.js";
import type { Conv } from "./spec.js";

const general = convolution<Conv>(convGeometry);

/** Channels by themselves have kernels of their own. */
export const lowering: Lowering<Conv> = {
  forward: (step, context) => loweringOf(step).forward(step, context),
  vjp: (step, context) => loweringOf(step).vjp(step, context),
};

function loweringOf({ node }: Step<Conv>): Lowering<Conv> {
  return isDepthwise(node, node.inputShapes[0][2]) ? depthwise : general;
}
