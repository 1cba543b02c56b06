/** Seconds of work: it can be stopped, and those who work wait at the gate until it goes on. */
export class Clock {
  private worked = 0;
  private since: number | undefined = performance.now();
  private gate: { readonly opened: Promise<void>; readonly open: () => void } | undefined;

  get seconds(): number {
    return (this.worked + (this.since === undefined ? 0 : performance.now() - this.since)) / 1000;
  }

  pause(): void {
    if (this.gate) return;
    this.worked = this.seconds * 1000;
    this.since = undefined;
    const { promise, resolve } = withResolvers();
    this.gate = { opened: promise, open: resolve };
  }

  resume(): void {
    if (!this.gate) return;
    this.since = performance.now();
    this.gate.open();
    this.gate = undefined;
  }

  async running(): Promise<void> {
    await this.gate?.opened;
  }
}

function withResolvers(): { readonly promise: Promise<void>; readonly resolve: () => void } {
  let resolve = (): void => {};
  const promise = new Promise<void>((settle) => {
    resolve = settle;
  });
  return { promise, resolve };
}
