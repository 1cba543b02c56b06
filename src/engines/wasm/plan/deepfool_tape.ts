import {
  OUTCOME_BYTES,
  offsetInState,
  STATE_BYTES,
  TILE_UNITS,
} from "../../../kernels/deepfool_step/loop_state.js";
import { NORM_UNITS } from "../../../kernels/row_norms/norm_units.js";
import { passList } from "../../../kernels/seeds/pass_list.js";
import type { Lanes, Memory } from "../../../kernels/wasm/lowering.js";
import { type Buffer, type Entry, entry, Mark, Place } from "../../../kernels/wasm/tape.js";
import type { Tuning } from "../../../kernels/wasm/tuning.js";
import type { BackwardRoom } from "./backward.js";
import type { ForwardPlan } from "./forward.js";

/** Where the parts of the loop's memory lie: byte addresses. Together they are all that a suspended run needs. */
export interface DeepfoolAddresses {
  readonly begin: number;
  readonly end: number;
  /** Images in memory at a time. */
  readonly capacity: number;
  /** Steps that are logged before the host must read them; no run of the tape takes more forward passes. */
  readonly mostPasses: number;
  readonly state: number;
  readonly passes: number;
  readonly r: number;
  readonly before: number;
  readonly images: number;
  readonly perturbations: number;
  readonly labels: number;
  readonly outcomes: number;
  readonly log: number;
}

/** The loop as a tape. Each backward pass begins at the mark of its number of lanes. */
export interface DeepfoolTape {
  readonly entries: readonly Entry[];
  readonly start: Mark;
  readonly passes: readonly { readonly lanes: Lanes; readonly stride: number; readonly mark: Mark }[];
  /** Where the parts of its memory lie. */
  readonly addresses: (placeOf: (buffer: Buffer) => number) => DeepfoolAddresses;
}

/** A backward pass and the norms of its lanes. */
interface Backward {
  readonly lanes: Lanes;
  readonly stride: 4 | 8 | 12;
  readonly gradient: readonly Entry[];
}

/**
 * The DeepFool loop over the images in memory, one after the other; the formulas are in `kernels/deepfool_step`:
 *
 *     start -> forward -> judge -> top classes -> seed -> backward pass -> norms -> nearest -> keep -> seed
 *                 ^         |                                                                           |
 *                 |         +-> finish -> start of the next image                                       v
 *                 +---------------------------------------------- point <- step <- choose <- no more passes
 *
 * A run is suspended only where no activations or cotangents are alive: before `start` and before `step`. Other calls
 * may then use the network, since all that the loop goes on from lies in its room.
 */
export function planDeepfool(
  memory: Memory,
  forward: ForwardPlan,
  backward: readonly Backward[],
  room: BackwardRoom,
  units: number,
  logits: Buffer,
  classes: number,
  { deepfoolImages, deepfoolBytes, deepfoolPasses }: Tuning,
): DeepfoolTape {
  const capacity = Math.max(1, Math.min(deepfoolImages, Math.floor(deepfoolBytes / (8 * units))));
  const tiles = Math.ceil(units / TILE_UNITS);
  const { buffer, places } = reserveParts(memory, {
    state: STATE_BYTES,
    // Even the narrowest pass but the last carries four.
    passes: passList.records + passList.bytes * Math.ceil(classes / 4),
    candidates: 4 * classes,
    labels: 4 * capacity,
    outcomes: OUTCOME_BYTES * capacity,
    log: 4 * deepfoolPasses,
    finite: 4 * tiles,
    w: 4 * units,
    r: 8 * units,
    before: 8 * units,
    images: 4 * capacity * units,
    perturbations: 4 * capacity * units,
  });
  const { state, passes, candidates, images, perturbations, labels, outcomes, log, finite, w } = places;
  const inState = (name: "label" | "candidates" | "order") =>
    new Place(buffer, state.offset + offsetInState(name));
  const { pixels } = forward;
  const chunks = Math.ceil(units / NORM_UNITS);
  const partials = memory.reserve(8 * Math.max(...backward.map(({ stride }) => stride)) * chunks);
  const [start, first, seed, choose, step, point, restore, finish, judged, nearest, keep] = Array.from(
    { length: 11 },
    () => new Mark(),
  );
  const moved = { state, images, perturbations, pixels, finite, units };
  const label = "deepfool";
  const marked = (mark: Mark, made: Entry, next?: Mark): Entry => ({ ...made, mark, next });
  const starts = backward.map(({ lanes, stride }) => ({ lanes, stride, mark: new Mark() }));

  const entries: Entry[] = [
    marked(start, entry("deepfool_start", label, tiles, { state, images, perturbations, pixels, units })),
    ...withMark(judged, [
      ...forward.entries,
      entry("deepfool_judge", label, 1, {
        ...{ state, logits, classes, finite, tiles, labels, candidates, log, passes },
        ...{ first, again: seed, undo: restore, move: point, finish },
      }),
    ]),
    marked(
      first,
      entry("top_classes", label, 1, {
        logits,
        classes,
        label: inState("label"),
        count: inState("candidates"),
        top: candidates,
      }),
    ),
    marked(
      seed,
      entry("seed_pass", label, 1, {
        passes,
        list: new Place(buffer, candidates.offset + 4),
        base: candidates,
        classes,
        seeds: room.seeds,
        candidates: room.constants.candidates,
        bounds: room.constants.candidateBounds,
        done: choose,
      }),
    ),
    marked(choose, entry("deepfool_choose", label, 1, { state, candidates, logits, step, finish })),
    marked(step, entry("deepfool_step", label, tiles, { state, w, units })),
    marked(point, entry("deepfool_point", label, tiles, moved), judged),
    marked(restore, entry("deepfool_point", label, tiles, moved)),
    marked(finish, entry("deepfool_finish", label, 1, { state, outcomes, start, move: point })),
    marked(
      nearest,
      entry("deepfool_nearest", label, 1, {
        ...{ state, passes, partials, chunks, candidates, logits, keep, skip: seed },
      }),
    ),
    marked(keep, entry("deepfool_keep", label, tiles, { state, passes, g: room.gradient, w, units }), seed),
    ...backward.flatMap(({ stride, gradient }, i) => {
      const fields = { g: room.gradient, units, partials, order: inState("order") };
      const norms = entry(`row_norms_${stride}`, "norms", chunks, fields);
      return withMark(starts[i].mark, [...gradient, { ...norms, next: nearest }]);
    }),
  ];
  return {
    entries,
    start,
    passes: starts,
    addresses: (placeOf) => {
      const begin = placeOf(buffer);
      const at = (name: keyof typeof places): number => begin + places[name].offset;
      return {
        begin,
        end: begin + buffer.bytes,
        capacity,
        mostPasses: deepfoolPasses,
        state: at("state"),
        passes: at("passes"),
        r: at("r"),
        before: at("before"),
        images: at("images"),
        perturbations: at("perturbations"),
        labels: at("labels"),
        outcomes: at("outcomes"),
        log: at("log"),
      };
    },
  };
}

/** The same entries, the first of them marked. */
function withMark(mark: Mark, [head, ...tail]: readonly Entry[]): Entry[] {
  return [{ ...head, mark }, ...tail];
}

/** Room in one piece, and where in it each part lies. */
function reserveParts<K extends string>(memory: Memory, sizes: Readonly<Record<K, number>>) {
  const offsets = new Map<K, number>();
  let bytes = 0;
  for (const name of Object.keys(sizes) as K[]) {
    offsets.set(name, bytes);
    bytes += 64 * Math.ceil(sizes[name] / 64);
  }
  const buffer = memory.reserve(bytes);
  const places = Object.fromEntries(
    [...offsets].map(([name, offset]) => [name, new Place(buffer, offset)]),
  ) as Record<K, Place>;
  return { buffer, places };
}
