import { scaleEntry } from "../../../kernels/scale/lower_wasm.js";
import type { Cotangent } from "../../../kernels/wasm/cotangents.js";
import {
  type BackwardContext,
  type Kept,
  type Memory,
  strideOf,
  type Width,
} from "../../../kernels/wasm/lowering.js";
import type { Buffer, Entry } from "../../../kernels/wasm/tape.js";
import { TUNING, type Tuning } from "../../../kernels/wasm/tuning.js";
import type { FusedStep } from "../../../network/fuse.js";
import { Cotangents } from "./cotangents.js";
import type { ForwardPlan } from "./forward.js";
import { type LiveConstants, LiveTables } from "./live.js";
import type { LoweredNetwork } from "./lowered.js";
import { candidateValues } from "./masks.js";
import { keepsChannels } from "./slices.js";

export interface BackwardPlan {
  readonly entries: readonly Entry[];
  /** Cotangents of the logits, `[classes][4V]`, to be seeded. */
  readonly seeds: Buffer;
  /** Cotangents of the pixels, `[units][4V]`. */
  readonly gradient: Buffer;
}

/** Room that all backward tapes share. */
export interface BackwardRoom {
  readonly seeds: Buffer;
  readonly gradient: Buffer;
  readonly scratch: Buffer;
  readonly constants: LiveConstants;
}

/** Lowers the vjp of the whole network for up to `width` cotangents. */
export function planBackward(
  network: LoweredNetwork,
  forward: ForwardPlan,
  memory: Memory,
  room: BackwardRoom,
  width: Width,
  tuning: Tuning,
): BackwardPlan {
  const entries: Entry[] = [];
  const emit = (e: Entry): void => {
    entries.push(e);
  };
  const stride = strideOf(width);
  const lanes = <N extends string>(name: N) => `${name}_${stride}` as const;
  const { readers } = forward;
  // One cotangent is written at every unit, with zeros at those that did not win: no lists, so none to be compact by.
  const single = width === 1;
  const masks = single ? new Map([...forward.masks].filter(([, mask]) => !mask.winners)) : forward.masks;
  const facts = {
    ...network,
    masks,
    readers,
    compact: single ? new Set<string>() : forward.compact,
    candidates: single ? new Set<string>() : candidateValues(network),
  };
  const cotangents = new Cotangents(facts, stride, lanes, emit, room.gradient);
  const makers = new Map(network.steps.map((step) => [step.output, step]));
  const tables = new LiveTables(room.constants, emit);

  /** What a step's vjp sees of the pass. */
  const contextFor = (step: FusedStep, cotangent: Cotangent): BackwardContext => {
    const label = step.node.name;
    const channels = step.node.shape[step.node.shape.length - 1];
    let whole: Cotangent | undefined;
    const contiguous = (): Cotangent => {
      whole ??= cotangents.contiguous(cotangent, channels, network.sizes.get(step.output) as number, label);
      return whole;
    };
    return {
      tuning,
      memory,
      width,
      stride,
      emit,
      lanes,
      value: (name) => forward.values.get(name) as Buffer,
      mask: (name) => masks.get(name),
      kept: forward.kept.get(step) as Kept,
      scratch: (bytes) => {
        if (bytes > room.scratch.bytes)
          throw new Error(`planBackward: ${label} needs ${bytes} bytes of scratch`);
        return room.scratch;
      },
      varies: (name) => forward.varying.has(name),
      get cotangent() {
        return contiguous();
      },
      sliced: cotangent,
      passSlice: (name, first) =>
        keepsChannels(network, step, name) && cotangents.passSlice(cotangent, channels, name, first),
      through: (name) => {
        const maker = makers.get(name);
        const factor = maker?.lowering.derivative?.(forward.kept.get(maker) as Kept);
        const alone = [name, maker?.inputs[0] ?? ""].every(
          (value) => readers.get(value) === 1 && !masks.has(value),
        );
        if (!maker || !factor || !alone || maker.inputs[0] === network.input) return undefined;
        return { target: cotangents.into(maker.inputs[0], label).target, factor };
      },
      into: (name) => cotangents.into(name, label),
      intoFrom: (name) => cotangents.intoFrom(name, label),
      zeroes: (name) => cotangents.zeroes(name),
      sparse: (name) => forward.masks.has(name),
      zeros: forward.zeros,
      patterns: room.constants.patterns,
      masked: (of, name, label) => cotangents.masked(of, name, label),
      pass: (name) => cotangents.pass(contiguous(), name, label),
      live: (of, height, width, depth, block) =>
        tables.table(of, [height, width, depth], block, false, label),
      liveRows: (of, height, width, depth) => tables.table(of, [height, width, depth], depth, true, label),
    };
  };

  cotangents.seed(network.output, room.seeds);
  for (const step of [...network.steps].reverse()) {
    const cotangent = cotangents.finished(step.output, step.node.name);
    if (!cotangent || !forward.varying.has(step.output)) continue;
    const context = contextFor(step, cotangent);
    if (step.residual && forward.varying.has(step.residual)) context.pass(step.residual);
    step.lowering.vjp(step, context);
  }
  cotangents.finished(network.input, "input");
  if (forward.inputScale)
    emit(
      // From network input to pixels, in place.
      scaleEntry(lanes, "input", {
        gy: room.gradient,
        mask: undefined,
        gx: room.gradient,
        units: network.sizes.get(network.input) as number,
        factor: forward.inputScale,
        period: forward.inputScale.bytes / 4,
        accumulate: 0,
      }),
    );
  return { entries, seeds: room.seeds, gradient: room.gradient };
}

/** The largest scratch that any step of the network asks for. */
export function scratchBytes(network: LoweredNetwork, tuning: Tuning = TUNING): number {
  return Math.max(64, ...network.steps.map((step) => step.lowering.scratchBytes?.(step, tuning) ?? 0));
}
