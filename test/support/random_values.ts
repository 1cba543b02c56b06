/** Seeded random numbers for tests: the same sequence on every machine. */
export interface RandomValues {
  /** Uniform in [low, high). */
  uniform(low: number, high: number): number;
  /** Uniform integer in low..high, both included. */
  integer(low: number, high: number): number;
  pick<T>(choices: readonly T[]): T;
  chance(probability: number): boolean;
}

/** The mulberry32 generator. */
export function randomValues(seed: number): RandomValues {
  let state = (seed ^ 0x9e3779b9) >>> 0;
  const next = () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
  const integer = (low: number, high: number) => low + Math.floor(next() * (high - low + 1));
  return {
    uniform: (low, high) => low + next() * (high - low),
    integer,
    pick: (choices) => choices[integer(0, choices.length - 1)],
    chance: (probability) => next() < probability,
  };
}
