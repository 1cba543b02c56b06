import type { FusedNetwork, Step } from "../../network/fuse.js";
import type { InputTransform } from "../../network/input.js";
import { findCompact } from "./compact.js";
import type { Layout } from "./layout.js";
import { countReaders, type Mask } from "./live.js";
import { lowerings } from "./lowering/table.js";
import { type Buffer, type Entry, entry, f32 } from "./tape.js";

/** The forward tape and what the backward tapes need to know of it. */
export interface ForwardPlan {
  readonly entries: readonly Entry[];
  /** Pixels of one image, as the caller gave them. */
  readonly pixels: Buffer;
  /** Every value by storage name. */
  readonly values: ReadonlyMap<string, Buffer>;
  /** What each step keeps for its vjp: winners, derivatives, transposed maps. */
  readonly kept: ReadonlyMap<Step, Kept>;
  /** Live units by value; absent: all. */
  readonly masks: ReadonlyMap<string, Mask>;
  readonly readers: ReadonlyMap<string, number>;
  /** Values whose cotangents are compact. */
  readonly compact: ReadonlySet<string>;
  /** Per-channel factors from network input to pixels, if they are not all 1. */
  readonly inputScale?: Buffer;
  readonly zeros: Buffer;
  /** Values that depend on the image. */
  readonly varying: ReadonlySet<string>;
}

/** Buffers that a forward step leaves for its vjp, by a name of the step's own. */
export type Kept = Readonly<Record<string, Buffer>>;

/** What lowering a step forward may use. */
export interface ForwardContext {
  readonly layout: Layout;
  readonly emit: (e: Entry) => void;
  readonly value: (name: string) => Buffer;
  /** At least `bytes` zeros. */
  readonly zeros: Buffer;
  /** What a kernel writes down for itself, as many bytes as the lowering's `scratchBytes` says. */
  readonly scratch: Buffer;
  /** True if the step's input depends on the image, so that its cotangent will be wanted. */
  readonly varies: (name: string) => boolean;
  /** True if many units of the value are likely to be 0: it comes out of a relu, whatever pools or joins it. */
  readonly sparse: (name: string) => boolean;
  /** The table of `livePatterns`. */
  readonly patterns: Buffer;
}

/** Lowers the network's steps to kernel calls on one image; `scratch` is that of all threads. */
export function planForward(
  network: FusedNetwork,
  transform: InputTransform,
  layout: Layout,
  scratch: Buffer,
  patterns: Buffer,
): ForwardPlan {
  const entries: Entry[] = [];
  const values = new Map<string, Buffer>();
  const kept = new Map<Step, Kept>();
  const value = (name: string): Buffer => {
    const known = values.get(name);
    if (known) return known;
    const made = layout.reserve(4 * (network.sizes.get(name) as number) + 16);
    values.set(name, made);
    return made;
  };
  const varying = new Set([network.input]);
  for (const step of network.steps)
    if ([...step.inputs, ...(step.residual ? [step.residual] : [])].some((n) => varying.has(n)))
      varying.add(step.output);
  const sparse = findSparse(network);
  const zeros = layout.reserve(
    4 *
      Math.max(...[network.inputShape, ...network.steps.map((s) => s.node.shape)].map((s) => s.at(-1) ?? 1)) +
      64,
  );
  const context: ForwardContext = {
    layout,
    emit: (e) => entries.push(e),
    value,
    zeros,
    scratch,
    varies: (name) => varying.has(name),
    sparse: (name) => sparse.has(name),
    patterns,
  };

  const pixels = layout.reserve(4 * (network.sizes.get(network.input) as number) + 16);
  values.set(network.input, pixels);
  const inputScale = lowerInput(network, transform, { ...context, values });
  for (const step of network.steps) kept.set(step, lowerings[step.node.op].forward(step as never, context));

  const readers = countReaders(network);
  const masks = findMasks(network, layout, values, kept, readers);
  return {
    entries,
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

/**
 * Emits `x * scale[c] + offset[c]` from the pixels into a buffer of its own, which becomes the network's input,
 * unless it changes nothing. Not folded into the first convolution: its padding is zero after this step.
 */
function lowerInput(
  network: FusedNetwork,
  { scale, offset }: InputTransform,
  { layout, emit, values }: ForwardContext & { values: Map<string, Buffer> },
): Buffer | undefined {
  if (scale.every((s) => s === 1) && offset.every((o) => o === 0)) return undefined;
  const units = network.sizes.get(network.input) as number;
  const factors = layout.place(Float32Array.from(scale));
  const input = layout.reserve(4 * units + 16);
  emit(
    entry("affine", "input", Math.ceil(units / 1024), {
      x: values.get(network.input) as Buffer,
      scale: factors,
      offset: layout.place(Float32Array.from(offset)),
      y: input,
      units,
      period: scale.length,
      low: f32(-Infinity),
      high: f32(Infinity),
    }),
  );
  values.set(network.input, input);
  return factors;
}

/** Values that come out of a relu, through maxima and concatenations of such. */
function findSparse(network: FusedNetwork): ReadonlySet<string> {
  const sparse = new Set<string>();
  for (const { node, inputs, output, clamp } of network.steps) {
    const passes = node.op === "MaxPool" || node.op === "Concat";
    if (clamp ? clamp.low === 0 : passes && inputs.every((name) => sparse.has(name))) sparse.add(output);
  }
  return sparse;
}

/**
 * Which units of each value are live. A clamp masks its output; a maximum or a concatenation of values with one
 * clamp has the same test on its own output; and of a value that only a max-pool reads, or a concatenation that
 * only a max-pool reads, just the winners are. The image has no mask: its gradient is wanted everywhere.
 */
function findMasks(
  network: FusedNetwork,
  layout: Layout,
  values: ReadonlyMap<string, Buffer>,
  kept: ReadonlyMap<Step, Kept>,
  readers: ReadonlyMap<string, number>,
): Map<string, Mask> {
  const masks = new Map<string, Mask>();
  for (const step of network.steps) {
    const own = values.get(step.output) as Buffer;
    if (step.clamp) {
      masks.set(step.output, { values: own, ...step.clamp });
      continue;
    }
    const { op } = step.node;
    if (op !== "MaxPool" && op !== "GlobalMaxPool" && op !== "Concat") continue;
    const [first, ...rest] = step.inputs.map((name) => masks.get(name));
    if (first && rest.every((m) => m && m.low === first.low && m.high === first.high))
      masks.set(step.output, { values: own, low: first.low, high: first.high });
  }
  const winners = (name: string, live: () => Buffer): void => {
    if (readers.get(name) === 1 && name !== network.input)
      masks.set(name, { values: live(), low: 0, high: Infinity, winners: true });
  };
  // Readers first: what wins in a concatenation is known before what wins in its parts.
  for (const step of [...network.steps].reverse()) {
    const live = kept.get(step)?.live;
    if (live) winners(step.inputs[0], () => live);
    if (step.node.op === "Concat" && masks.get(step.output)?.winners)
      for (const name of step.inputs)
        winners(name, () => layout.reserve(4 * (network.sizes.get(name) as number) + 16));
  }
  return masks;
}
