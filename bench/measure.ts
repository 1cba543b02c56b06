import { Bench } from "tinybench";

/** One thing to time: a call whose result has been checked, or a process that times itself. */
export interface Timed {
  readonly name: string;
  /** Runs for about `milliseconds`, at least once, and returns the time of every call. */
  sample(milliseconds: number): Promise<number[]>;
  /** Seconds of warm calls before the first sample. */
  readonly warmUpMilliseconds: number;
}

/** A function of this process, timed by tinybench. */
export function timed(name: string, call: () => unknown, warmUpMilliseconds: number): Timed {
  return {
    name,
    warmUpMilliseconds,
    async sample(milliseconds) {
      const bench = new Bench({
        time: milliseconds,
        iterations: 1,
        warmup: false,
        retainSamples: true,
        throws: true,
      });
      bench.add(name, call);
      const [{ result }] = await bench.run();
      if (result.state !== "completed") throw new Error(`${name}: the timing was ${result.state}`);
      return [...(result.latency.samples ?? [])];
    },
  };
}

export interface Schedule {
  /** Turns that every contender gets. */
  readonly rounds: number;
  /** Milliseconds a turn; a call that takes longer is timed once a turn. */
  readonly turn: number;
  /** Milliseconds after which a contender that has been timed twice gets no more turns. */
  readonly budget: number;
}

/**
 * Times contenders in turns, so that what else the machine does hits all of them alike. Between two turns there
 * is a pause in which thread pools that spin after their work come to rest.
 */
export async function alternate(
  contenders: readonly Timed[],
  { rounds, turn, budget }: Schedule,
): Promise<Map<Timed, number[]>> {
  const samples = new Map<Timed, number[]>(contenders.map((c) => [c, []]));
  for (const c of contenders) {
    if (c.warmUpMilliseconds > 0) await c.sample(c.warmUpMilliseconds);
    await pause();
  }
  for (let round = 0; round < rounds; round++) {
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
