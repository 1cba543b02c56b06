import type { FusedNetwork, Step } from "../../network/fuse.js";
import type { ForwardPlan, Kept } from "./forward.js";
import type { Layout } from "./layout.js";
import {
  type Cotangent,
  candidateValues,
  type LiveConstants,
  type LiveTable,
  LiveTables,
  type Mask,
} from "./live.js";
import { lowerings } from "./lowering/table.js";
import type { Lanes } from "./plan.js";
import { Buffer, type Entry, entry, f32, type KernelName, Place } from "./tape.js";

/** How the cotangent of a value starts where a step adds its share. */
export type Start =
  | { readonly kind: "zero" }
  | { readonly kind: "accumulate" }
  /** From another cotangent, zero where that one is not live. */
  | { readonly kind: "copy"; readonly source: Cotangent };

/** What lowering a step's vjp may use. */
export interface BackwardContext {
  readonly layout: Layout;
  /** Cotangents of a unit that matter, and the vectors of four lanes that they lie in. */
  readonly width: Lanes;
  readonly vectors: number;
  readonly emit: (e: Entry) => void;
  readonly value: (name: string) => Buffer;
  /** Which units of a value are live; undefined: all. */
  readonly mask: (name: string) => Mask | undefined;
  readonly kept: Kept;
  readonly scratch: (bytes: number) => Buffer;
  /** True if the cotangent of this value leads to the image. */
  readonly varies: (name: string) => boolean;
  /** The finished cotangent of the step's output, `[units][lanes]` without gaps. */
  readonly cotangent: Cotangent;
  /** The same, but possibly a slice of channels, for kernels that can step over the others. */
  readonly sliced: Cotangent;
  /**
   * Lets an input's cotangent be a slice of the output's channels from `first` on, if nothing else adds to it.
   * False: it must be copied.
   */
  readonly passSlice: (name: string, first: number) => boolean;
  /** Where the step adds to the cotangent of an input, and how that starts. */
  readonly into: (name: string) => { readonly target: Cotangent; readonly accumulate: 0 | 1 };
  /** The same for a kernel that can start from a copy. */
  readonly intoFrom: (name: string) => { readonly target: Cotangent; readonly start: Start };
  /** Passes the output's cotangent on unchanged, without a copy where nothing else needs one. */
  readonly pass: (name: string) => void;
  readonly live: (of: Cotangent, height: number, width: number, channels: number, block: number) => LiveTable;
  /** A table to read whole rows of; any blocks. */
  readonly liveRows: (of: Cotangent, height: number, width: number, channels: number) => LiveTable;
  readonly lanes: <N extends string>(name: N) => `${N}_${4 | 8 | 12}`;
}

/** Fields that tell a kernel which units of a cotangent are defined. */
export function maskFields(mask: Mask | undefined) {
  return {
    yValues: mask?.values ?? 0,
    yLow: f32(mask?.low ?? 0),
    yHigh: f32(mask?.high ?? 0),
  };
}

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

interface Pending {
  target?: Cotangent;
  source?: Cotangent;
}

/** Lowers the vjp of the whole network for up to `width` cotangents. */
export function planBackward(
  network: FusedNetwork,
  forward: ForwardPlan,
  layout: Layout,
  room: BackwardRoom,
  width: Lanes,
): BackwardPlan {
  const entries: Entry[] = [];
  const emit = (e: Entry): void => {
    entries.push(e);
  };
  const tables = new LiveTables(room.constants, emit);
  const candidates = candidateValues(network);
  const pending = new Map<string, Pending>();
  const vectors = Math.ceil(width / 4);
  const lanes = <N extends string>(name: N) => `${name}_${(4 * vectors) as 4 | 8 | 12}` as const;

  const fresh = (name: string): Cotangent => ({
    buffer:
      name === network.input ? room.gradient : new Buffer(16 * vectors * (network.sizes.get(name) as number)),
    mask: forward.masks.get(name),
    candidates: candidates.has(name),
    ...(forward.compact.has(name) && { compact: true }),
  });
  const copy = (
    source: Cotangent,
    target: Cotangent,
    name: string,
    accumulate: 0 | 1,
    label: string,
  ): void => {
    const units = network.sizes.get(name) as number;
    emit(
      entry(lanes("scale_lanes") as KernelName as "scale_lanes_4", label, Math.ceil(units / 256), {
        gy: source.buffer,
        ...maskFields(source.mask),
        gx: target.buffer,
        factor: 0,
        period: 1,
        units,
        accumulate,
      }),
    );
  };
  const contiguous = (of: Cotangent, channels: number, units: number, label: string): Cotangent => {
    if (!of.slice) return of;
    const rows = units / channels;
    const run = 4 * vectors * channels;
    const buffer = new Buffer(4 * rows * run);
    emit(
      entry("copy_rows", label, Math.ceil(rows / 64), {
        x: new Place(of.buffer, 16 * vectors * of.slice.first),
        y: buffer,
        rows,
        run,
        xStep: 4 * vectors * of.slice.channels,
        yStep: run,
        accumulate: 0,
      }),
    );
    return { ...of, buffer, slice: undefined };
  };
  const stateOf = (name: string): Pending => {
    const known = pending.get(name);
    if (known) return known;
    const made: Pending = {};
    pending.set(name, made);
    return made;
  };
  const intoFrom = (name: string, label: string): { target: Cotangent; start: Start } => {
    const state = stateOf(name);
    const { source } = state;
    state.source = undefined;
    if (state.target) {
      if (source) copy(source, state.target, name, 1, label);
      return { target: state.target, start: { kind: "accumulate" } };
    }
    state.target = fresh(name);
    return { target: state.target, start: source ? { kind: "copy", source } : { kind: "zero" } };
  };
  const into = (name: string, label: string): { target: Cotangent; accumulate: 0 | 1 } => {
    const { target, start } = intoFrom(name, label);
    if (start.kind === "copy") copy(start.source, target, name, 0, label);
    return { target, accumulate: start.kind === "zero" ? 0 : 1 };
  };
  const pass = (source: Cotangent, name: string, label: string): void => {
    const state = stateOf(name);
    const own = forward.masks.get(name);
    const nested = !own || (!source.mask && !source.candidates);
    if (forward.readers.get(name) === 1 && nested && name !== network.input)
      state.target = { ...source, mask: source.mask ?? own };
    else if (!state.target && !state.source) state.source = source;
    else copy(source, into(name, label).target, name, 1, label);
  };
  const finished = (name: string, label: string): Cotangent | undefined => {
    const state = pending.get(name);
    if (!state) return undefined;
    if (state.source) into(name, label);
    return state.target;
  };

  const seeds: Cotangent = {
    buffer: room.seeds,
    mask: forward.masks.get(network.output),
    candidates: candidates.has(network.output),
  };
  // Where the scores are the image, its gradient still lies in a buffer of its own.
  pending.set(network.output, network.output === network.input ? { source: seeds } : { target: seeds });
  for (const step of [...network.steps].reverse()) {
    const label = step.node.name;
    const cotangent = finished(step.output, label);
    if (!cotangent || !forward.varying.has(step.output)) continue;
    let whole: Cotangent | undefined;
    const channels = step.node.shape[step.node.shape.length - 1];
    const context: BackwardContext = {
      layout,
      width,
      vectors,
      emit,
      value: (name) => forward.values.get(name) as Buffer,
      mask: (name) => forward.masks.get(name),
      kept: forward.kept.get(step) as Kept,
      scratch: (bytes) => {
        if (bytes > room.scratch.bytes)
          throw new Error(`planBackward: ${label} needs ${bytes} bytes of scratch`);
        return room.scratch;
      },
      varies: (name) => forward.varying.has(name),
      get cotangent() {
        whole ??= contiguous(cotangent, channels, network.sizes.get(step.output) as number, label);
        return whole;
      },
      sliced: cotangent,
      passSlice: (name, first) => {
        if (forward.readers.get(name) !== 1 || name === network.input) return false;
        const slice = cotangent.slice ?? { first: 0, channels, of: cotangent };
        stateOf(name).target = {
          buffer: cotangent.buffer,
          mask: forward.masks.get(name),
          candidates: false,
          slice: { ...slice, first: slice.first + first },
        };
        return true;
      },
      into: (name) => into(name, label),
      intoFrom: (name) => intoFrom(name, label),
      pass: (name) => pass(context.cotangent, name, label),
      live: (of, height, width, channels, block) =>
        tables.table(of, [height, width, channels], block, false, label),
      liveRows: (of, height, width, channels) =>
        tables.table(of, [height, width, channels], channels, true, label),
      lanes,
    };
    if (step.residual && forward.varying.has(step.residual)) context.pass(step.residual);
    lowerings[step.node.op].vjp(step as never, context);
  }
  finished(network.input, "input");
  if (forward.inputScale) emit(scaleInput(network, forward, room, lanes("scale_lanes")));
  return { entries, seeds: room.seeds, gradient: room.gradient };
}

/** From network input to pixels, in place. */
function scaleInput(
  network: FusedNetwork,
  forward: ForwardPlan,
  room: BackwardRoom,
  kernel: "scale_lanes_4" | "scale_lanes_8" | "scale_lanes_12",
): Entry {
  const units = network.sizes.get(network.input) as number;
  return entry(kernel, "input", Math.ceil(units / 256), {
    gy: room.gradient,
    ...maskFields(undefined),
    gx: room.gradient,
    factor: forward.inputScale as Buffer,
    period: (forward.inputScale as Buffer).bytes / 4,
    units,
    accumulate: 0,
  });
}

/** The largest scratch that any step of the network asks for. */
export function scratchBytes(network: FusedNetwork): number {
  return Math.max(
    64,
    ...network.steps.map((step: Step) => lowerings[step.node.op].scratchBytes?.(step as never) ?? 0),
  );
}
