import { chooseShader } from "../../kernels/deepfool_step/wgsl_choose.js";
import { advanceShader, compactShader } from "../../kernels/deepfool_step/wgsl_compact.js";
import { judgeShader } from "../../kernels/deepfool_step/wgsl_judge.js";
import { startShader } from "../../kernels/deepfool_step/wgsl_start.js";
import { CHOSEN_KEPT } from "../../kernels/deepfool_step/wgsl_state.js";
import { stepShader } from "../../kernels/deepfool_step/wgsl_step.js";
import { NORM_CHUNK, normChunksShader, normsShader } from "../../kernels/row_norms/wgsl.js";
import { chosenSeedsShader, differenceSeedsShader } from "../../kernels/seeds/wgsl_differences.js";
import { type Dispatch, dispatch, type Groups, perUnit, Tensor } from "../../kernels/webgpu/dispatch.js";
import { SCHEDULE_FIELDS, scheduleShader } from "../../kernels/webgpu/schedule.js";
import type { Plan } from "./plan.js";

/** The dispatches of a DeepFool run around the network's own; what they hold is in `wgsl_state.ts`. */
export interface DeepfoolPlan {
  readonly start: Dispatch;
  readonly judge: Dispatch;
  readonly compact: Dispatch;
  readonly schedule: Dispatch;
  readonly seeds: Dispatch;
  readonly chosenSeeds: Dispatch;
  /** Norms of differences, by the order of the norm. */
  readonly norms: Readonly<Record<1 | 2, readonly Dispatch[]>>;
  readonly choose: Dispatch;
  readonly step: Dispatch;
  readonly singleStep: Dispatch;
  readonly advance: Dispatch;
  readonly tensors: Readonly<Record<(typeof STATE)[number][0] | "table" | "sizes", Tensor>>;
  /** All of the above. */
  readonly dispatches: readonly Dispatch[];
}

/** Tensors of a run and how many values each has for an image: a number, of pixels, or of classes. */
const STATE = [
  ["images", "size"],
  ["r", "size"],
  ["before", "size"],
  ["state", 4],
  ["candidates", "classes"],
  ["norms", "classes"],
  ["given", 1],
  ["ids", 1],
  ["moves", 4],
  ["chosen", CHOSEN_KEPT],
  ["bad", 1],
] as const;

const perGroup: Groups = { rows: 1, tile: 1, times: 1 };

/** Parameters that a run sets are zero until then. */
export function planDeepfool(plan: Plan): DeepfoolPlan {
  const { classes, size, logits, slots, pixels: points, seeds, gradient } = plan;
  const state = Object.fromEntries(
    STATE.map(([name, units]) => [
      name,
      new Tensor(units === "size" ? size : units === "classes" ? classes : units, "images", name),
    ]),
  ) as Record<(typeof STATE)[number][0], Tensor>;
  const chunks = Math.ceil(size / NORM_CHUNK);
  const partial = new Tensor(chunks, "cotangents", "partial norms");
  // Every dispatch that a forward and a backward pass may have gets a row.
  const rows = plan.forward.length + plan.backward.length + 16;
  const table = new Tensor(
    SCHEDULE_FIELDS * rows,
    "constant",
    "schedule",
    new Uint32Array(SCHEDULE_FIELDS * rows),
  );
  const sizes = new Tensor(3 * rows, "constant", "dispatch sizes", new Uint32Array(3 * rows));
  const named = { ...state, logits, slots, points, x0: state.images, w: gradient, table, sizes };
  const one = <P extends string>(
    shader: Parameters<typeof dispatch<P>>[1],
    params: Record<P, number>,
    groups: Groups = perGroup,
    tensors: Record<string, Tensor> = {},
  ): Dispatch => dispatch("deepfool", shader, params, { ...named, ...tensors }, groups);

  const norms = (order: 1 | 2) => [
    one(
      normChunksShader(order),
      { units: size, chunks },
      { rows: chunks, tile: 1, times: 1 },
      { x: gradient, partial },
    ),
    one(normsShader(order), { chunks, stride: classes }, perGroup, { partial }),
  ];
  const step = { units: size, norm: 0, factor: 0, low: 0, high: 0 };
  const made = {
    start: one(startShader, { candidates: 0, steps: 0 }),
    judge: one(judgeShader, { steps: 0 }),
    compact: one(compactShader, {}),
    schedule: one(scheduleShader, { dispatches: 0 }),
    seeds: one(differenceSeedsShader, { units: classes, candidates: 0 }, perUnit(classes), { y: seeds }),
    chosenSeeds: one(chosenSeedsShader, { units: classes, candidates: 0 }, perUnit(classes), { y: seeds }),
    choose: one(chooseShader, { candidates: 0, stride: classes, norm: 0, distanceOffset: 0, normOffset: 0 }),
    step: one(stepShader(false), step, perUnit(size)),
    singleStep: one(stepShader(true), step, perUnit(size)),
    advance: one(advanceShader, {}),
  };
  const byOrder = { 1: norms(1), 2: norms(2) };
  return {
    ...made,
    norms: byOrder,
    tensors: { ...state, table, sizes },
    dispatches: [...Object.values(made), ...byOrder[1], ...byOrder[2]],
  };
}
