import type { Dispatch } from "../../kernels/webgpu/dispatch.js";
import { SCHEDULE_FIELDS } from "../../kernels/webgpu/schedule.js";
import type { DeepfoolPlan } from "./deepfool_plan.js";
import type { Call, Program } from "./program.js";

/** Which dispatches of a round take their sizes from the device. */
export class Schedule {
  readonly sizes: { readonly buffer: GPUBuffer; readonly offsets: ReadonlyMap<Dispatch, number> };

  constructor(program: Program, loop: DeepfoolPlan, round: readonly Dispatch[], call: Call) {
    const rows: number[] = [];
    const offsets = new Map<Dispatch, number>();
    for (const dispatch of round) {
      const { chosen, groups } = program.choose(dispatch, call);
      if (groups < program.tuning.worthScheduling) continue;
      offsets.set(dispatch, (12 * rows.length) / SCHEDULE_FIELDS);
      const { rows: perExtent, tile, times } = chosen.groups;
      rows.push(chosen.shader.extent === "cotangents" ? 2 : 1, perExtent, tile, times);
    }
    const { table, sizes } = loop.tensors;
    if (rows.length > 0)
      program.gpu.device.queue.writeBuffer(program.bufferOf(table), 0, Uint32Array.from(rows));
    program.setParams(loop.schedule, { dispatches: rows.length / SCHEDULE_FIELDS });
    this.sizes = { buffer: program.bufferOf(sizes), offsets };
  }
}
