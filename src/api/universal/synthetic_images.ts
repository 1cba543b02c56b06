import type { Engine } from "../../engines/engine.js";
import { asPartOf } from "../../engines/not_a_number.js";
import { defaultBatch } from "../predict.js";
import type { RandomSource } from "../random.js";
import { CALLER, CraftingImages } from "./crafting_images.js";
import { jigsaw } from "./jigsaw.js";
import type { Tally } from "./tally.js";

/** Images a pass. */
export const COUNT = 500;
/** Cuts of the first pass and of the last. */
const [FEWEST, MOST] = [1, 10];

/**
 * Jigsaws instead of images, new ones each pass and finer ones from pass to pass. The loss is minus the cosine between the
 * logits with v and without, which needs no label.
 */
export class SyntheticImages extends CraftingImages {
  /** Logits of the images as they are, `[N][C]`. */
  private clean = new Float32Array();

  constructor(
    engine: Engine,
    bounds: readonly [number, number] | undefined,
    private readonly random: RandomSource,
    signal: AbortSignal | undefined,
  ) {
    const size = engine.inputShape.reduce((a, b) => a * b, 1);
    super(engine, new Float32Array(COUNT * size), bounds, undefined, signal);
  }

  override async prepare(done: number): Promise<void> {
    const { engine, random, size, count, signal } = this;
    const { inputShape, range, classes } = engine;
    const cuts = FEWEST + Math.round(done * (MOST - FEWEST));
    this.clean = new Float32Array(count * classes);
    const batch = defaultBatch(engine);
    for (let first = 0; first < count; first += batch) {
      const end = Math.min(first + batch, count);
      for (let n = first; n < end; n++) this.image(n).set(jigsaw(inputShape, cuts, range, random));
      signal?.throwIfAborted();
      const { logits } = await asPartOf(
        CALLER,
        (at) => ({ image: first + at }),
        () => engine.logits(this.images.subarray(first * size, end * size), signal && { signal }),
      );
      this.clean.set(logits, first * classes);
    }
  }

  /** They have no labels to leave. */
  override tally(): Tally {
    return { counted: 0, fooled: 0 };
  }

  override lossOf(indices: Int32Array): { readonly loss: "cosine"; readonly clean: Float32Array } {
    const { classes } = this.engine;
    const clean = new Float32Array(indices.length * classes);
    indices.forEach((n, at) => {
      clean.set(this.clean.subarray(n * classes, (n + 1) * classes), at * classes);
    });
    return { loss: "cosine", clean };
  }
}
