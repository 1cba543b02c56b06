import { ballFactorShader, scaleToBallShader } from "../../kernels/projection/wgsl.js";
import { NORM_CHUNK, normChunksShader } from "../../kernels/row_norms/wgsl.js";
import { acceptShader } from "../../kernels/universal_step/wgsl_accept.js";
import { labelShader } from "../../kernels/universal_step/wgsl_label.js";
import { overshootShader } from "../../kernels/universal_step/wgsl_overshoot.js";
import { shiftShader } from "../../kernels/universal_step/wgsl_shift.js";
import { updateShader } from "../../kernels/universal_step/wgsl_update.js";
import { type Dispatch, dispatch, type Groups, Tensor } from "../../kernels/webgpu/dispatch.js";
import { SPAN } from "../../kernels/webgpu/shader.js";
import type { DeepfoolPlan } from "./deepfool_plan.js";
import type { Plan } from "./plan.js";

/** The dispatches of the crafting of a universal perturbation around the network's own and DeepFool's. */
export interface CraftingPlan {
  /** `pixels` + v. */
  readonly shift: Dispatch;
  /** `labels` from the logits; see `wgsl_label.ts`. */
  readonly label: Dispatch;
  /** The r that a DeepFool run returns. */
  readonly overshoot: Dispatch;
  /** `pixels` + r. */
  readonly step: Dispatch;
  /** Whether that point is fooled; see `wgsl_accept.ts`. */
  readonly accept: Dispatch;
  /** v + r, inside the bounds. */
  readonly update: Dispatch;
  /** v into the 2-ball. */
  readonly project: readonly Dispatch[];
  /** Dispatch of `project` that has the radius. */
  readonly ballFactor: Dispatch;
  readonly v: Tensor;
  readonly labels: Tensor;
  readonly accepted: Tensor;
  /** All of the above. */
  readonly dispatches: readonly Dispatch[];
}

const perImage: Groups = { rows: 1, tile: 1, times: 1 };

/** Parameters that a run sets are zero until then. */
export function planCrafting(plan: Plan, loop: DeepfoolPlan): CraftingPlan {
  const { size, logits, pixels: points } = plan;
  const { r, before, state } = loop.tensors;
  const chunks = Math.ceil(size / NORM_CHUNK);
  const v = new Tensor(size, "constant", "v");
  const labels = new Tensor(1, "images", "labels");
  const accepted = new Tensor(1, "constant", "accepted");
  const partial = new Tensor(chunks, "constant", "sums of squares");
  const factor = new Tensor(1, "constant", "factor");
  const named = { logits, points, r, before, state, v, accepted, partial, factor };
  const one = <P extends string>(
    shader: Parameters<typeof dispatch<P>>[1],
    params: Record<P, number>,
    groups: Groups,
    tensors: Record<string, Tensor> = {},
  ): Dispatch => dispatch("crafting", shader, params, { ...named, ...tensors }, groups);

  const spans: Groups = { rows: size, tile: SPAN, times: 1 };
  const bounds = { factor: 0, low: 0, high: 0 };
  const ballFactor = one(ballFactorShader, { chunks, inside: 0 }, perImage);
  const made = {
    shift: one(shiftShader, { units: size, ...bounds }, spans),
    label: one(labelShader, {}, perImage, { labels }),
    overshoot: one(overshootShader, { units: size, factor: 0 }, spans),
    step: one(shiftShader, { units: size, ...bounds }, spans, { v: r }),
    accept: one(acceptShader, {}, perImage),
    update: one(updateShader, { units: size, bound: 0 }, spans),
  };
  const project = [
    one(normChunksShader(2), { units: size, chunks }, { rows: chunks, tile: 1, times: 1 }, { x: v }),
    ballFactor,
    one(scaleToBallShader, { units: size }, spans),
  ];
  const dispatches = [...Object.values(made), ...project];
  return { ...made, project, ballFactor, v, labels, accepted, dispatches };
}
