/** A seeded stream of pseudo-random numbers (sfc32, integer arithmetic only: the same everywhere). */
export class Random {
  private a: number;
  private b: number;
  private c: number;
  private counter = 1;

  /** Streams with different keys are independent of each other. */
  constructor(...key: number[]) {
    let h = 0x9e3779b9;
    for (const k of key) h = mix(h ^ mix((k | 0) + 0x7f4a7c15));
    this.a = h;
    this.b = mix(h + 0x6a09e667);
    this.c = mix(h + 0x3c6ef372);
    for (let i = 0; i < 12; i++) this.bits();
  }

  private bits(): number {
    const t = (((this.a + this.b) | 0) + this.counter) | 0;
    this.counter = (this.counter + 1) | 0;
    this.a = this.b ^ (this.b >>> 9);
    this.b = (this.c + (this.c << 3)) | 0;
    this.c = (((this.c << 21) | (this.c >>> 11)) + t) | 0;
    return t >>> 0;
  }

  /** Uniform in [low, high). */
  uniform(low = 0, high = 1): number {
    return low + (high - low) * (this.bits() / 4294967296);
  }

  /** Uniform integer in [0, n). */
  integer(n: number): number {
    return Math.floor(this.uniform(0, n));
  }

  chance(probability: number): boolean {
    return this.uniform() < probability;
  }

  pick<T>(items: readonly T[]): T {
    return items[this.integer(items.length)];
  }

  /** Approximately normal (four uniforms), standard deviation `deviation`, never beyond 3.47 of them. */
  normal(deviation: number): number {
    const sum = this.uniform() + this.uniform() + this.uniform() + this.uniform();
    return (sum - 2) * 1.7320508075688772 * deviation;
  }

  /** A 32-bit key for another stream or a noise field. */
  key(): number {
    return this.bits() | 0;
  }
}

/** A bijection of 32-bit integers that scatters neighbours (murmur3's finaliser). */
export function mix(x: number): number {
  let h = x | 0;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return h ^ (h >>> 16);
}
