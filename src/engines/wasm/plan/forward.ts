import type { Mask } from "../../../kernels/wasm/cotangents.js";
import type { ForwardContext, Kept, Memory } from "../../../kernels/wasm/lowering.js";
import { type Buffer, type Entry, entry, f32 } from "../../../kernels/wasm/tape.js";
import { TUNING, type Tuning } from "../../../kernels/wasm/tuning.js";
import type { FusedNetwork, FusedStep } from "../../../network/fuse.js";
import type { InputTransform } from "../../../network/input.js";
import { findVarying } from "../../../network/varying.js";
import { findCompact } from "./compact.js";
import type { LoweredNetwork } from "./lowered.js";
import { countReaders, findMasks, findSparse, findWhole } from "./masks.js";

/** The forward tape and what the backward tapes need to know of it. */
export interface ForwardPlan {
  readonly entries: readonly Entry[];
  /** The same without what only a backward pass reads, for who wants logits alone. */
  readonly scores: readonly Entry[];
  /** Pixels of one image, as the caller gave them. */
  readonly pixels: Buffer;
  /** Every value by storage name. */
  readonly values: ReadonlyMap<string, Buffer>;
  /** What each step keeps for its vjp: winners, derivatives, transposed maps. */
  readonly kept: ReadonlyMap<FusedStep, Kept>;
  /** Live units by value; absent: all. */
  readonly masks: ReadonlyMap<string, Mask>;
  readonly readers: ReadonlyMap<string, number>;
  /** Values whose cotangents are compact. */
  readonly compact: ReadonlySet<string>;
  /** Per-channel factors from network input to pixels, repeated, if they are not all 1. */
  readonly inputScale?: Buffer;
  readonly zeros: Buffer;
  /** Values that depend on the image. */
  readonly varying: ReadonlySet<string>;
}

/** Fields that say where a forward kernel keeps what its vjp reads; at 0 it keeps nothing, and computes no less exactly. */
const KEPT_FIELDS = ["winners", "derivative", "moments"] as const;

/** Lowers the network's steps to kernel calls on one image; `scratch` is that of all threads. */
export function planForward(
  network: LoweredNetwork,
  transform: InputTransform,
  memory: Memory,
  scratch: Buffer,
  patterns: Buffer,
  tuning: Tuning = TUNING,
): ForwardPlan {
  const entries: Entry[] = [];
  const values = new Map<string, Buffer>();
  const kept = new Map<FusedStep, Kept>();
  const value = (name: string): Buffer => {
    const known = values.get(name);
    if (known) return known;
    const made = memory.reserve(4 * (network.sizes.get(name) as number) + 16);
    values.set(name, made);
    return made;
  };
  const varying = findVarying(network);
  const sparse = findSparse(network);
  const whole = findWhole(network);
  const zeros = memory.reserve(
    4 *
      Math.max(...[network.inputShape, ...network.steps.map((s) => s.node.shape)].map((s) => s.at(-1) ?? 1)) +
      64,
  );
  const context: ForwardContext = {
    tuning,
    memory,
    emit: (e) => entries.push(e),
    value,
    zeros,
    scratch,
    varies: (name) => varying.has(name),
    sparse: (name) => sparse.has(name),
    whole: (name) => whole.has(name),
    patterns,
  };

  const pixels = memory.reserve(4 * (network.sizes.get(network.input) as number) + 16);
  values.set(network.input, pixels);
  const inputScale = lowerInput(network, transform, { ...context, values });
  for (const step of network.steps) kept.set(step, step.lowering.forward(step, context));

  const readers = countReaders(network);
  const masks = findMasks(network, memory, values, kept, readers);
  return {
    entries,
    scores: entries.map(withoutKept),
    pixels,
    values,
    kept,
    masks,
    readers,
    compact: findCompact(network, masks, readers),
    inputScale,
    zeros,
    varying,
  };
}

function withoutKept(own: Entry): Entry {
  const cleared = KEPT_FIELDS.filter((name) => name in own.fields).map((name) => [name, 0] as const);
  return cleared.length === 0 ? own : { ...own, fields: { ...own.fields, ...Object.fromEntries(cleared) } };
}

/**
 * Emits `x * scale[c] + offset[c]` from the pixels into a buffer of its own, which becomes the network's input,
 * unless it changes nothing. Not folded into the first convolution: its padding is zero after this step.
 */
function lowerInput(
  network: FusedNetwork,
  { scale, offset }: InputTransform,
  { memory, emit, values }: ForwardContext & { values: Map<string, Buffer> },
): Buffer | undefined {
  if (scale.every((s) => s === 1) && offset.every((o) => o === 0)) return undefined;
  const units = network.sizes.get(network.input) as number;
  const factors = memory.place(Float32Array.from(scale));
  const input = memory.reserve(4 * units + 16);
  emit(
    entry("affine", "input", Math.ceil(units / 1024), {
      x: values.get(network.input) as Buffer,
      scale: factors,
      offset: memory.place(Float32Array.from(offset)),
      y: input,
      units,
      period: scale.length,
      low: f32(-Infinity),
      high: f32(Infinity),
    }),
  );
  values.set(network.input, input);
  // In whole vectors.
  return scale.length % 4 === 0
    ? factors
    : memory.place(Float32Array.from({ length: 4 * scale.length }, (_, i) => scale[i % scale.length]));
}
