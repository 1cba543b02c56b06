import { Bench } from "tinybench";

/** One thing to time: a call whose result has been checked, or a process that times itself. */
export interface Timed {
  readonly name: string;
  /** Runs for about `milliseconds`, at least once, and returns the time of every call. */
  sample(milliseconds: number): Promise<number[]>;
  /** Milliseconds of warm calls before the first sample. */
  readonly warmUpMilliseconds: number;
}

/** So many ticks of the clock a sample lasts at least: more than a page's clock is off by. */
const TICKS = 20;

/**
 * A function of this process or worker, timed by tinybench. Where one call is too short for the clock, which pages have
 * coarsened, a sample is the mean of as many calls as it can tell.
 */
export function timed(name: string, call: () => unknown, warmUpMilliseconds: number): Timed {
  let calls = 0;
  return {
    name,
    warmUpMilliseconds,
    async sample(milliseconds) {
      if (calls === 0) calls = await callsASample(call, TICKS * clockTick());
      const several = async (): Promise<void> => {
        for (let i = 0; i < calls; i++) await call();
      };
      const bench = new Bench({
        time: milliseconds,
        iterations: 1,
        warmup: false,
        retainSamples: true,
        throws: true,
      });
      bench.add(name, calls === 1 ? call : several);
      const [{ result }] = await bench.run();
      if (result.state !== "completed") throw new Error(`${name}: the timing was ${result.state}`);
      return (result.latency.samples ?? []).map((time) => time / calls);
    },
  };
}

/** The shortest time, in milliseconds, that the clock can tell: nanoseconds in Node, up to a millisecond in a page. */
export function clockTick(now: () => number = () => performance.now()): number {
  let least = Infinity;
  for (let i = 0; i < 5; i++) {
    const before = now();
    let after = now();
    while (after === before) after = now();
    least = Math.min(least, after - before);
  }
  return least;
}

/** How many calls take `milliseconds`, a power of two; 1 where one does. */
export async function callsASample(
  call: () => unknown,
  milliseconds: number,
  now: () => number = () => performance.now(),
): Promise<number> {
  for (let calls = 1; ; calls *= 2) {
    const start = now();
    for (let i = 0; i < calls; i++) await call();
    if (now() - start >= milliseconds) return calls;
  }
}

export interface Schedule {
  /** Turns that every contender gets. */
  readonly rounds: number;
  /** Milliseconds of warm calls before the first turn, at most; default no limit. */
  readonly warmUp?: number;
  /** Milliseconds a turn; a call that takes longer is timed once a turn. */
  readonly turn: number;
  /** Milliseconds after which a contender that has been timed twice gets no more turns. */
  readonly budget: number;
}

/**
 * Times contenders in turns, so that what else the machine does hits all of them alike. Between two turns there
 * is a pause in which thread pools that spin after their work come to rest.
 *
 * @param until by `performance.now()`, when no further round begins; the first always does
 */
export async function alternate(
  contenders: readonly Timed[],
  { rounds, warmUp = Infinity, turn, budget }: Schedule,
  until = Infinity,
): Promise<Map<Timed, number[]>> {
  const samples = new Map<Timed, number[]>(contenders.map((c) => [c, []]));
  for (const c of contenders) {
    const warm = Math.min(warmUp, c.warmUpMilliseconds);
    if (warm > 0) await c.sample(warm);
    await pause();
  }
  for (let round = 0; round < rounds; round++) {
    if (round > 0 && performance.now() > until) break;
    // Every other round backwards: nobody always follows the same neighbour.
    for (const c of round % 2 === 0 ? contenders : contenders.toReversed()) {
      const soFar = samples.get(c) as number[];
      if (soFar.length >= 2 && soFar.reduce((a, b) => a + b) > budget) continue;
      // One by one: a short call has more samples than a call takes arguments.
      for (const sample of await c.sample(turn)) soFar.push(sample);
      await pause();
    }
  }
  return samples;
}

function pause(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 15));
}
