import type { Engine } from "../../engines/engine.js";
import type { Gradient, LossOptions } from "../../engines/gradient.js";
import { asPartOf } from "../../engines/not_a_number.js";
import { argmax } from "../../kernels/top_classes/reference.js";
import { sizeOf } from "../../network/spec.js";
import { fooledShare } from "../evaluating/fooled_share.js";
import { gradient } from "../gradient.js";
import { predict } from "../predict.js";
import type { Tally } from "./tally.js";

export const CALLER = "universalPerturbation";

/** Crafting images, their clean predictions, and gradients at some of them + v. */
export class CraftingImages {
  readonly size: number;
  readonly count: number;
  /** Clean predictions, `[N]`. */
  labels: Int32Array = new Int32Array();

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
