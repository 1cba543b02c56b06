import { controlBytes } from "../../../kernels/wasm/control.js";
import { LANES, MAX_LANES } from "../../../kernels/wasm/lowering.js";
import { type Buffer, type Entry, encode, entry, type Tape, tapeBytes } from "../../../kernels/wasm/tape.js";
import { TUNING, type Tuning } from "../../../kernels/wasm/tuning.js";
import type { InputTransform } from "../../../network/input.js";
import { sizeOf } from "../../../network/spec.js";
import { type BackwardRoom, planBackward, scratchBytes } from "./backward.js";
import { planDeepfool } from "./deepfool_tape.js";
import { planForward } from "./forward.js";
import { type ImagePlan, planImages, type TogetherPlan } from "./images.js";
import { Layout, type Segment } from "./layout.js";
import { LiveConstants } from "./live.js";
import type { LoweredNetwork } from "./lowered.js";

/**
 * Everything a thread needs to run the network, once its memory is there: plain data that can be posted to a worker. What
 * lies in memory at first is no part of it: weights need not be kept twice.
 */
export interface ProgramPlan {
  readonly pages: number;
  readonly units: number;
  readonly classes: number;
  /** Bytes of scratch of one thread. */
  readonly scratchBytes: number;
  /** Address of what threads synchronise by. */
  readonly control: number;
  /** Images that may be computed side by side, a thread each; DeepFool's loop has the first. */
  readonly images: readonly [ImagePlan, ...ImagePlan[]];
  readonly together: TogetherPlan;
  /** Milliseconds that a tape of DeepFool shall run at a time. */
  readonly deepfoolSlice: number;
}

/** A plan, the first contents of its memory and, for profiles, the entries that its tapes were made from. */
export interface PlannedProgram {
  readonly plan: ProgramPlan;
  readonly segments: readonly Segment[];
  readonly entries: ReadonlyMap<Tape, readonly Entry[]>;
}

/**
 * Lays a network out for `threads` threads.
 *
 * @param tuning not the public's: tests go to its extremes
 *
 * @throws EngineError if it does not fit 4 GiB
 */
export function planProgram(
  network: LoweredNetwork,
  transform: InputTransform,
  threads: number,
  tuning: Tuning = TUNING,
): PlannedProgram {
  const layout = new Layout();
  const threadBytes = 64 * Math.ceil(scratchBytes(network, tuning) / 64);
  const scratch = layout.reserve(threadBytes * Math.max(1, threads));
  const constants = new LiveConstants(layout, network.classes);
  const forward = planForward(network, transform, layout, scratch, constants.patterns, tuning);
  const units = sizeOf(network.inputShape);
  const room: BackwardRoom = {
    seeds: layout.reserve(4 * MAX_LANES * network.classes),
    gradient: layout.reserve(4 * MAX_LANES * units),
    scratch,
    constants,
  };
  const rows = layout.reserve(4 * MAX_LANES * units);
  const control = layout.reserve(controlBytes(Math.max(1, threads)));
  const one = layout.place(Float32Array.of(1));

  const plans = LANES.map((lanes) => {
    const stride = (4 * Math.ceil(lanes / 4)) as 4 | 8 | 12;
    return {
      lanes,
      stride,
      gradient: planBackward(network, forward, layout, room, lanes, tuning).entries,
      rows: [
        entry("jacobian_rows", "rows", Math.ceil(units / 256), {
          g: room.gradient,
          lanes: stride,
          count: stride,
          y: rows,
          units,
          scale: one,
          period: 1,
        }),
      ],
    };
  });
  const single = planBackward(network, forward, layout, room, 1, tuning).entries;
  const logits = forward.values.get(network.output) as Buffer;
  const deepfool = planDeepfool(layout, forward, plans, room, units, logits, network.classes, tuning);

  const tapes = [
    forward.entries,
    forward.scores,
    ...plans.flatMap((p) => [p.gradient, p.rows]),
    single,
    deepfool.entries,
  ].map((entries) => ({ entries, at: layout.reserve(tapeBytes(entries)) }));
  layout.placeTemporaries([forward.entries, ...plans.map((p) => p.gradient), single]);
  // Only now has every buffer that the entries name an address.
  const byEntries = new Map<readonly Entry[], Tape>();
  const entriesOf = new Map<Tape, readonly Entry[]>();
  for (const { entries, at } of tapes) {
    const { bytes, tape } = encode(entries, at.address);
    layout.initialise(at, bytes);
    byEntries.set(entries, tape);
    entriesOf.set(tape, entries);
  }
  const tapeOf = (entries: readonly Entry[]): Tape => byEntries.get(entries) as Tape;

  const own = {
    pixels: forward.pixels,
    logits,
    seeds: room.seeds,
    rows,
    gradient: room.gradient,
    candidates: constants.candidates,
    candidateBounds: constants.candidateBounds,
  };
  const passes = { forward: forward.entries, scores: forward.scores, single };
  const { images, together } = planImages(layout, { passes, plans, deepfool, own, tapeOf }, threads, tuning, [
    scratch,
    forward.zeros,
  ]);

  const { pages, segments } = layout.finish();
  const plan: ProgramPlan = {
    pages,
    units,
    classes: network.classes,
    scratchBytes: threadBytes,
    control: control.address,
    images,
    together,
    deepfoolSlice: tuning.deepfoolSlice,
  };
  return { plan, segments, entries: entriesOf };
}
