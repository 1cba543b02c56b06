/** Milliseconds that a batch shall take at most where the call may be aborted between batches. */
const TURN = 50;

/**
 * How many images the next batch of a call has: as many as there is room for where nobody can abort it; else one at
 * first, and then as many as lately took less than a twentieth of a second, at most twice as many as before.
 */
export class Pace {
  private images: number;
  private begin = 0;

  constructor(private readonly signal: AbortSignal | undefined) {
    this.images = signal ? 1 : Infinity;
  }

  /**
   * Begins a batch of at most `most` images.
   *
   * @throws the signal's reason once it is aborted
   */
  next(most: number): number {
    this.signal?.throwIfAborted();
    this.begin = performance.now();
    return Math.min(most, this.images);
  }

  /** The batch of so many images has come to its end. */
  took(images: number): void {
    const each = (performance.now() - this.begin) / images;
    if (this.signal) this.images = Math.max(1, Math.min(2 * images, Math.floor(TURN / each)));
  }
}
