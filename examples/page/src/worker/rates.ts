import type { Engine } from "unifool";
import { countChanged, countReached, judge } from "./judge.js";
import type { RatePoint } from "./protocol.js";
import { imageOf, type Judged, shifted, sizeOf } from "./session.js";

/** Most images that the rate is measured on while v grows. */
const SAMPLE = 100;
/** Measuring takes no more than this share of the time. */
const SHARE = 1 / 8;

/** Fooling rates on a sample of the crafting images, now and then. */
export class Rates {
  private readonly images: Float32Array;
  private readonly labels: Int32Array;
  private nextAt = 0;

  constructor(
    private readonly net: Engine,
    { images, labels, count }: Judged,
    private readonly clip: boolean,
    /** The class that v aims at. */
    private readonly target: number | undefined,
  ) {
    // What is taken for the target without v says nothing of it.
    const sample = Array.from({ length: count }, (_, n) => n)
      .filter((n) => labels[n] !== target)
      .slice(0, SAMPLE);
    const size = sizeOf(net.inputShape);
    this.images = new Float32Array(sample.length * size);
    for (const [i, n] of sample.entries()) this.images.set(imageOf(images, size, n), i * size);
    this.labels = Int32Array.from(sample, (n) => labels[n]);
  }

  get count(): number {
    return this.labels.length;
  }

  /** Share of the sample that v fools. */
  async measure(v: Float32Array): Promise<number> {
    const { labels } = await judge(this.net, shifted(this.images, v, 1, this.clip));
    const { target, count } = this;
    const fooled =
      target === undefined
        ? countChanged(this.labels, labels)
        : countReached(this.labels, labels, target).images;
    return fooled / Math.max(1, count);
  }

  /** The rate at these seconds, where it is time for another. */
  async due(seconds: number, v: Float32Array): Promise<RatePoint | undefined> {
    if (seconds < this.nextAt) return undefined;
    const begin = performance.now();
    const rate = await this.measure(v);
    const cost = (performance.now() - begin) / 1000;
    this.nextAt = seconds + Math.max(0.1, cost / SHARE);
    return { seconds, rate, images: this.count };
  }
}

/** What v is compared with: as far from 0 as the norm lets, in a direction of no meaning; the same every time. */
export function randomPerturbation(size: number, norm: 2 | typeof Infinity, radius: number): Float32Array {
  let state = 2017;
  const uniform = () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return (state + 0.5) / 2 ** 32;
  };
  if (norm === Infinity)
    return Float32Array.from({ length: size }, () => (uniform() < 0.5 ? -radius : radius));
  const normal = Float32Array.from(
    { length: size },
    () => Math.sqrt(-2 * Math.log(uniform())) * Math.cos(2 * Math.PI * uniform()),
  );
  const length = Math.hypot(...normal);
  return normal.map((x) => (x * radius) / length);
}
