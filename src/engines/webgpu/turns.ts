/** Calls of an engine share the device's buffers, so they wait for each other. */
export class Turns {
  private pending = 0;
  private last: Promise<unknown> = Promise.resolve();
  private ended = false;

  /**
   * @param assertLive throws an error that starts with the caller if a call must not begin any more
   * @param release called once, when `end` was called and no call is under way
   */
  constructor(
    private readonly assertLive: (caller: string) => void,
    private readonly release: () => void,
  ) {}

  /** Does the work when the calls before have come to their ends. */
  take<T>(caller: string, work: () => Promise<T>): Promise<T> {
    this.pending++;
    const result = this.last
      .then(() => {
        this.assertLive(caller);
        return work();
      })
      .finally(() => {
        this.pending--;
        if (this.ended && this.pending === 0) this.release();
      });
    this.last = result.catch(() => {});
    return result;
  }

  /** Does something that needs no turn once no call that has begun or waits now can be in its way. */
  whenIdle(work: () => void): void {
    if (this.pending === 0) work();
    else void this.last.then(work);
  }

  /** Of two calls the second is one too many. */
  end(): void {
    this.ended = true;
    if (this.pending === 0) this.release();
  }
}
