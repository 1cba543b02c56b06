import type { Engine } from "../../engines/engine.js";
import type { Gradient, LossOptions } from "../../engines/gradient.js";
import { asPartOf } from "../../engines/not_a_number.js";
import { argmax } from "../../kernels/top_classes/reference.js";
import { sizeOf } from "../../network/spec.js";
import { fooledShare } from "../evaluating/fooled_share.js";
import { gradient } from "../gradient.js";
import { predict } from "../predict.js";
import { augmented } from "./augmentation.js";
import type { Tally } from "./tally.js";

export const CALLER = "universalPerturbation";

/** Most images that are looked at mirrored, spread over all, and the share of them that must be taken for the same. */
const [SAMPLE, ALIKE] = [100, 0.75];

/** Crafting images, their clean predictions, and gradients at some of them + v. */
export class CraftingImages {
  readonly size: number;
  readonly count: number;
  /** Clean predictions, `[N]`. */
  labels: Int32Array = new Int32Array();
  private alike: Promise<boolean> | undefined;

  constructor(
    readonly engine: Engine,
    protected readonly images: Float32Array,
    readonly bounds: readonly [number, number] | undefined,
    readonly target: number | undefined,
    protected readonly signal: AbortSignal | undefined,
  ) {
    this.size = sizeOf(engine.inputShape);
    this.count = images.length / this.size;
  }

  /**
   * Called before each pass over them.
   *
   * @param _done share of all passes that are done; the last begins at 1, if there are several
   */
  async prepare(_done: number): Promise<void> {}

  /** What is ascended at some of them: what the method asks for, of images with labels. */
  lossOf(indices: Int32Array, usual: (labels: Int32Array) => LossOptions): LossOptions {
    return usual(this.labelsFor(indices));
  }

  async judge(): Promise<void> {
    this.labels = await predict(CALLER, this.engine, this.images, { signal: this.signal });
  }

  /** How many images can be fooled: all, or those that are not taken for the target as they are. */
  get others(): number {
    return this.labels.reduce((sum, label) => sum + Number(label !== this.target), 0);
  }

  /** Share of them that v fools: the prediction changes, or becomes the target. */
  async foolingRate(v: Float32Array): Promise<number> {
    const shift = { perturbation: v, bounds: this.bounds };
    const found = await predict(CALLER, this.engine, this.images, { shift, signal: this.signal });
    return fooledShare(this.labels, found, this.target);
  }

  /** What logits, `[indices.length][C]`, at some of them + v say of v. */
  tally(indices: Int32Array, logits: Float32Array): Tally {
    const { classes } = this.engine;
    const { target, labels } = this;
    const counted = indices.filter((n) => labels[n] !== target).length;
    const fooled = indices.reduce((sum, n, at) => {
      const found = argmax(logits.subarray(at * classes, (at + 1) * classes));
      return (
        sum + Number(labels[n] !== target && (target === undefined ? found !== labels[n] : found === target))
      );
    }, 0);
    return { counted, fooled };
  }

  /** Whether the network takes at least three quarters of a sample of them, mirrored, for what it takes them for as they are. */
  alikeMirrored(): Promise<boolean> {
    this.alike ??= this.compareMirrored();
    return this.alike;
  }

  private async compareMirrored(): Promise<boolean> {
    const { count, size, engine, signal, labels } = this;
    const sample = Int32Array.from({ length: Math.min(count, SAMPLE) }, (_, i) =>
      Math.floor((i * count) / Math.min(count, SAMPLE)),
    );
    const mirrored = this.gather(sample);
    for (let at = 0; at < mirrored.length; at += size)
      augmented(mirrored.subarray(at, at + size), engine.inputShape, { rows: 0, columns: 0, flip: true });
    const found = await predict(CALLER, engine, mirrored, { signal });
    const same = sample.filter((n, at) => labels[n] === found[at]).length;
    return same >= ALIKE * sample.length;
  }

  /** Image n itself. */
  image(n: number): Float32Array {
    return this.images.subarray(n * this.size, (n + 1) * this.size);
  }

  /** Copies of images, `[indices.length][D]`. */
  gather(indices: Int32Array): Float32Array {
    const out = new Float32Array(indices.length * this.size);
    indices.forEach((n, at) => {
      out.set(this.image(n), at * this.size);
    });
    return out;
  }

  /** The classes to leave, or to come to. */
  private labelsFor(indices: Int32Array): Int32Array {
    return indices.map((n) => this.target ?? this.labels[n]);
  }

  /** Gradients at images + v, of each or their sum. Errors name an image by its place among all. */
  gradient(
    indices: Int32Array,
    images: Float32Array,
    loss: LossOptions,
    v: Float32Array,
    sum: boolean,
  ): Promise<Gradient> {
    const { engine, bounds, signal } = this;
    const options = { ...loss, sum, shift: v, ...(bounds && { bounds }), ...(signal && { signal }) };
    return asPartOf(
      CALLER,
      (at) => ({ image: indices[at] }),
      () => gradient(engine, images, options),
    );
  }
}
