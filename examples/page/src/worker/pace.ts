/** Seconds that count as lately. */
const LATELY = 3;

/** How fast images are dealt with, and how long that would go on. */
export class Pace {
  private readonly marks: { readonly done: number; readonly seconds: number }[] = [{ done: 0, seconds: 0 }];

  /**
   * @param done images dealt with so far, of at most `total`
   * @param seconds of work so far
   */
  at(done: number, total: number, seconds: number) {
    this.marks.push({ done, seconds });
    while (this.marks.length > 2 && this.marks[1].seconds < seconds - LATELY) this.marks.shift();
    const [first] = this.marks;
    const imagesPerSecond = (done - first.done) / Math.max(seconds - first.seconds, 1e-3);
    // Passes become faster as fewer images are left: what it was on average is an upper bound.
    const remaining = done > 0 ? ((total - done) * seconds) / done : undefined;
    return { done, total, imagesPerSecond, elapsed: seconds, remaining };
  }
}
