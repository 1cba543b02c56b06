import { scaleEntry } from "../../../kernels/scale/lower_wasm.js";
import type { Cotangent, Mask } from "../../../kernels/wasm/cotangents.js";
import type { BackwardContext, Start, Stride } from "../../../kernels/wasm/lowering.js";
import { Buffer, type Entry, entry, Place } from "../../../kernels/wasm/tape.js";

/** What is known of values before any cotangent is planned. */
export interface CotangentFacts {
  readonly input: string;
  readonly sizes: ReadonlyMap<string, number>;
  readonly masks: ReadonlyMap<string, Mask>;
  readonly candidates: ReadonlySet<string>;
  readonly compact: ReadonlySet<string>;
  readonly readers: ReadonlyMap<string, number>;
}

/** The cotangent of a value while shares are added to it. */
interface Pending {
  target?: Cotangent;
  /** Another's cotangent that was passed on whole and is a share until something else is added: then it is copied. */
  source?: Cotangent;
  /** What has been added so far is 0 at every dead unit. */
  zeroed?: boolean;
}

/** The cotangents of one backward pass, value by value: where each lies, and what becomes of shares. */
export class Cotangents {
  private readonly pending = new Map<string, Pending>();

  constructor(
    private readonly facts: CotangentFacts,
    private readonly stride: Stride,
    private readonly lanes: BackwardContext["lanes"],
    private readonly emit: (e: Entry) => void,
    /** Where the gradient of the image goes. */
    private readonly gradient: Buffer,
  ) {}

  /**
   * Starts at the output. Where the scores are the image, its gradient still lies in a buffer of its own.
   *
   * @param seeds cotangents of the logits
   */
  seed(output: string, seeds: Buffer): void {
    const { masks, candidates, input } = this.facts;
    const cotangent = { buffer: seeds, mask: masks.get(output), candidates: candidates.has(output) };
    this.pending.set(output, output === input ? { source: cotangent } : { target: cotangent });
  }

  /** Where a step adds to the cotangent of a value, and how that starts. */
  intoFrom(name: string, label: string): { target: Cotangent; start: Start } {
    const state = this.stateOf(name);
    const { source } = state;
    state.source = undefined;
    state.zeroed = false;
    if (state.target) {
      if (source) this.copy(source, state.target, name, 1, label);
      return { target: state.target, start: { kind: "accumulate" } };
    }
    state.target = this.fresh(name);
    return { target: state.target, start: source ? { kind: "copy", source } : { kind: "zero" } };
  }

  /** The latest share, and all before it, left 0 at every dead unit. */
  zeroes(name: string): void {
    this.stateOf(name).zeroed = true;
  }

  /** The same for a kernel that cannot start from a copy. */
  into(name: string, label: string): { target: Cotangent; accumulate: 0 | 1 } {
    const { target, start } = this.intoFrom(name, label);
    if (start.kind === "copy") this.copy(start.source, target, name, 0, label);
    return { target, accumulate: start.kind === "zero" ? 0 : 1 };
  }

  /** Adds a cotangent as it is, without a copy where nothing else is added and dead units are dead in both. */
  pass(source: Cotangent, name: string, label: string): void {
    const state = this.stateOf(name);
    const own = this.facts.masks.get(name);
    const nested = !own || (!source.mask && !source.candidates);
    if (this.facts.readers.get(name) === 1 && nested && name !== this.facts.input)
      state.target = { ...source, mask: source.mask ?? own, ...(!source.mask && { zeroed: undefined }) };
    else if (!state.target && !state.source) state.source = source;
    else this.copy(source, this.into(name, label).target, name, 1, label);
  }

  /**
   * Lets a value's cotangent be a slice of another's channels, if nothing else adds to it.
   *
   * @param channels of `source`
   */
  passSlice(source: Cotangent, channels: number, name: string, first: number): boolean {
    if (this.facts.readers.get(name) !== 1 || name === this.facts.input) return false;
    const slice = source.slice ?? { first: 0, channels, of: source };
    this.stateOf(name).target = {
      buffer: source.buffer,
      mask: this.facts.masks.get(name),
      candidates: false,
      slice: { ...slice, first: slice.first + first },
      ...(source.mask && source.zeroed && { zeroed: true }),
    };
    return true;
  }

  /** The cotangent of a value with all its shares; undefined: none was added. */
  finished(name: string, label: string): Cotangent | undefined {
    const state = this.pending.get(name);
    if (!state) return undefined;
    if (state.source) this.into(name, label);
    return state.zeroed && state.target ? { ...state.target, zeroed: true } : state.target;
  }

  /** A cotangent without gaps between its pixels: a slice is copied. */
  contiguous(of: Cotangent, channels: number, units: number, label: string): Cotangent {
    if (!of.slice) return of;
    const rows = units / channels;
    const run = this.stride * channels;
    const buffer = new Buffer(4 * rows * run);
    this.emit(
      entry("copy_rows", label, Math.ceil(rows / 64), {
        x: new Place(of.buffer, 4 * this.stride * of.slice.first),
        y: buffer,
        rows,
        run,
        xStep: this.stride * of.slice.channels,
        yStep: run,
        accumulate: 0,
      }),
    );
    return { ...of, buffer, slice: undefined };
  }

  private fresh(name: string): Cotangent {
    const { input, sizes, masks, candidates, compact } = this.facts;
    return {
      buffer: name === input ? this.gradient : new Buffer(4 * this.stride * (sizes.get(name) as number)),
      mask: masks.get(name),
      candidates: candidates.has(name),
      ...(compact.has(name) && { compact: true }),
    };
  }

  /** A copy of a cotangent of a value, with 0 at its dead units. */
  masked(source: Cotangent, name: string, label: string): Buffer {
    const buffer = new Buffer(4 * this.stride * (this.facts.sizes.get(name) as number));
    this.copy(source, { ...source, buffer }, name, 0, label);
    return buffer;
  }

  private copy(source: Cotangent, target: Cotangent, name: string, accumulate: 0 | 1, label: string): void {
    this.emit(
      scaleEntry(this.lanes, label, {
        gy: source.buffer,
        mask: source.mask,
        gx: target.buffer,
        units: this.facts.sizes.get(name) as number,
        accumulate,
      }),
    );
  }

  private stateOf(name: string): Pending {
    const known = this.pending.get(name);
    if (known) return known;
    const made: Pending = {};
    this.pending.set(name, made);
    return made;
  }
}
