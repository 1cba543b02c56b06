import {
  OUTCOME_BYTES,
  offsetInState,
  type StateDouble,
  type StateInteger,
} from "../../../kernels/deepfool_step/loop_state.js";
import { PROFILES } from "../../../kernels/deepfool_step/profiles.js";
import { passList } from "../../../kernels/seeds/pass_list.js";
import type { DeepfoolRequest, DeepfoolRun } from "../../engine.js";
import type { DeepfoolPlan } from "../plan/images.js";
import { laneChunks } from "./passes.js";
import type { Program } from "./program.js";

/** The DeepFool loop's memory as the host sees it. */
export class DeepfoolRoom {
  /** All of it; a copy is all that a suspended run needs. */
  readonly bytes: Uint8Array;
  private readonly view: DataView;

  constructor(
    private readonly program: Program,
    private readonly plan: DeepfoolPlan,
  ) {
    const { begin, end, state } = plan.room;
    this.bytes = new Uint8Array(program.memory.buffer, begin, end - begin);
    this.view = new DataView(program.memory.buffer, state);
  }

  get(name: StateInteger): number {
    return this.view.getInt32(offsetInState(name), true);
  }

  set(name: StateInteger, value: number): void {
    this.view.setInt32(offsetInState(name), value, true);
  }

  /**
   * Writes the images and settings of a run that begins.
   *
   * @param labels the classes to leave; undefined: the predictions
   */
  load(images: Float32Array, request: DeepfoolRequest, labels: Int32Array | undefined): void {
    const { units } = this.program;
    const { room } = this.plan;
    const count = images.length / units;
    this.floats(room.images, images.length).set(images);
    this.integers(room.labels, count).set(labels ?? new Int32Array(count).fill(-1));
    const candidates = Math.min(request.classes, this.program.classes);
    this.writePasses(candidates - 1);
    const rules = PROFILES[request.profile];
    const overshot = 1 + request.overshoot;
    const stepFactor = rules.overshootsEachStep ? overshot : 1;
    const [low, high] = request.bounds ?? [0, 0];
    const doubles: Partial<Record<StateDouble, number>> = {
      ...{ overshot, stepFactor, factor: stepFactor, low, high },
      distanceOffset: rules.distanceOffset,
      normOffset: rules.normOffset,
    };
    for (const [name, value] of Object.entries(doubles))
      this.view.setFloat64(offsetInState(name as StateDouble), value, true);
    const integers: Partial<Record<StateInteger, number>> = {
      ...{
        images: count,
        image: 0,
        phase: 0,
        notANumber: 0,
        iterations: 0,
        logged: 0,
        r: room.r,
        before: room.before,
      },
      order: request.norm === 2 ? 2 : 1,
      steps: request.steps,
      candidates,
      clips: Number(request.bounds !== undefined),
      roundsPerturbation: Number(rules.roundsPerturbation),
      overshootsEachStep: Number(rules.overshootsEachStep),
    };
    for (const [name, value] of Object.entries(integers)) this.set(name as StateInteger, value);
  }

  /** What the finished run leaves, to be copied. */
  results(): Omit<DeepfoolRun, "chosen"> {
    const { units } = this.program;
    const { room } = this.plan;
    const count = this.get("images");
    const words = OUTCOME_BYTES / 4;
    const outcomes = this.integers(room.outcomes, words * count);
    const every = (field: number): Int32Array =>
      Int32Array.from({ length: count }, (_, n) => outcomes[words * n + field]);
    return {
      perturbation: this.floats(room.perturbations, count * units),
      labels: every(0),
      newLabels: every(1),
      iterations: every(2),
    };
  }

  /** Takes the classes that were stepped to since the last time. */
  takeLog(): Int32Array {
    const { log, mostPasses } = this.plan.room;
    const taken = this.integers(log, Math.min(mostPasses, this.get("logged"))).slice();
    this.set("logged", 0);
    return taken;
  }

  /** The backward passes that carry `count` differences. */
  private writePasses(count: number): void {
    const { passes: variants, room } = this.plan;
    const chunks = laneChunks(count);
    const records = room.passes + passList.records;
    this.integers(room.passes + passList.next, 1)[0] = records;
    this.integers(room.passes + passList.end, 1)[0] = records + passList.bytes * chunks.length;
    chunks.forEach((chunk, i) => {
      const variant = variants.find(({ lanes }) => lanes >= chunk.count);
      if (!variant) throw new Error(`deepfool: no backward pass carries ${chunk.count} cotangents`);
      const record = this.integers(records + i * passList.bytes, passList.bytes / 4);
      record[passList.first / 4] = chunk.first;
      record[passList.count / 4] = chunk.count;
      record[passList.stride / 4] = variant.stride;
      record[passList.target / 4] = variant.at;
    });
  }

  private floats(address: number, length: number): Float32Array {
    return new Float32Array(this.program.memory.buffer, address, length);
  }

  private integers(address: number, length: number): Int32Array {
    return new Int32Array(this.program.memory.buffer, address, length);
  }
}
