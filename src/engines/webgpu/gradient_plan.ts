import { gradientSumShader, sumGroups } from "../../kernels/gradient_sum/wgsl.js";
import { type Dispatch, dispatch, Tensor } from "../../kernels/webgpu/dispatch.js";
import type { CraftingPlan } from "./crafting_plan.js";
import type { DeepfoolPlan } from "./deepfool_plan.js";
import type { Plan } from "./plan.js";

/** What sums gradients over images on the device. */
export interface GradientPlan {
  /** Adds `gradient` of the running images to `total`. */
  readonly sum: Dispatch;
  /** Sum and what rounding left of it, a unit. */
  readonly total: Tensor;
  readonly dispatches: readonly Dispatch[];
}

/** Parameters that a call sets are zero until then. */
export function planGradient(plan: Plan, loop: DeepfoolPlan, { v }: CraftingPlan): GradientPlan {
  const { size: units, gradient, slots } = plan;
  const total = new Tensor(2 * units, "constant", "total");
  const tensors = { gradient, images: loop.tensors.images, v, slots, total };
  const params = { units, one: 1, bounded: 0, low: 0, high: 0 };
  const sum = dispatch("gradient", gradientSumShader, params, tensors, sumGroups(units));
  return { sum, total, dispatches: [sum] };
}
