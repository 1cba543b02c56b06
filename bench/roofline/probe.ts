import { PEAK_INPUTS, type Peak, peak, peakMacs, READ_BYTES, read } from "./kernels.js";
import { Instance } from "./module.js";

/** What one window of work is asked for: multiply-adds, or bytes from a working set of `kilobytes`. */
export type Probe =
  | { readonly kind: "peak"; readonly spelling: Peak }
  | { readonly kind: "read"; readonly kilobytes: number };

/** Units a second. */
export interface Rate {
  readonly mean: number;
  readonly best: number;
}

/** Runs probes on one instance of the roofline module, on the thread that made it. */
export class Prober {
  private readonly instance: Instance;
  private readonly calls = new Map<string, { run: (tiles: number) => void; units: number; tiles: number }>();

  /** @param megabytes more than the largest working set */
  constructor(bytes: Uint8Array<ArrayBuffer>, megabytes: number) {
    this.instance = new Instance(bytes, megabytes);
  }

  /** Units (multiply-adds or bytes) a second over about `milliseconds`: on average, and in the best of its calls. */
  rate(probe: Probe, milliseconds: number): Rate {
    const call = this.prepare(probe);
    const start = performance.now();
    let now = start;
    let shortest = Infinity;
    let calls = 0;
    do {
      const before = now;
      call.run(call.tiles);
      now = performance.now();
      shortest = Math.min(shortest, now - before);
      calls++;
    } while (now - start < milliseconds);
    const units = 1000 * call.tiles * call.units;
    return { mean: (calls * units) / (now - start), best: units / shortest };
  }

  private prepare(probe: Probe) {
    const key = JSON.stringify(probe);
    const known = this.calls.get(key);
    if (known) return known;
    this.instance.reset();
    const { run, units } = probe.kind === "peak" ? this.peak(probe.spelling) : this.read(probe.kilobytes);
    // As many tiles a call as take about a millisecond, so that the clock costs nothing; and warm.
    let tiles = 1;
    for (const end = performance.now() + 60; performance.now() < end; ) {
      const start = performance.now();
      run(tiles);
      if (performance.now() - start < 1) tiles *= 2;
    }
    const call = { run, units, tiles };
    this.calls.set(key, call);
    return call;
  }

  private peak(spelling: Peak) {
    const { instance } = this;
    const source = peak(spelling);
    const x = instance.reserve(16 * PEAK_INPUTS);
    const out = instance.reserve(16 * spelling.rows * spelling.columns);
    // a = a m + c settles at c / (1 - m) = 1; sums of x w stay small as well, for x = 2^-20.
    instance.floats(x, 32).fill(0.5);
    instance.floats(x + 128, 4 * PEAK_INPUTS - 32).fill(2 ** -20);
    const args = instance.fields(source, { x, out });
    const run = instance.kernel(source.name);
    run(args, 0, 4);
    // Four rounds of 8: 1 - 2^-32 rounds to 1, and 32 products of 2^-21.
    const expected = spelling.form === "chains" ? 1 : 32 * 2 ** -21;
    if (instance.floats(out, 4 * spelling.rows * spelling.columns).some((sum) => sum !== expected))
      throw new Error(`roofline: ${source.name} has a wrong result`);
    return { run: (tiles: number) => run(args, 0, tiles), units: peakMacs(spelling) };
  }

  private read(kilobytes: number) {
    const { instance } = this;
    const bytes = 1024 * kilobytes;
    const x = instance.reserve(bytes);
    const out = instance.reserve(128);
    // Touched, so that every page is there; an odd number of set lanes, so that the result shows all was read.
    instance.integers(x, bytes / 4).fill(0);
    instance.integers(x + bytes - 4, 1)[0] = 7;
    const args = instance.fields(read, { x, rounds: bytes / READ_BYTES, out });
    const run = instance.kernel("read");
    run(args, 0, 1);
    if (instance.integers(out, 32).reduce((a, b) => a ^ b, 0) !== 7)
      throw new Error("roofline: the read kernel has a wrong result");
    return { run: (tiles: number) => run(args, 0, tiles), units: bytes };
  }
}
