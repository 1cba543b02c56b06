/** How often the importers are given damaged files: a few thousand times in the suite, as often as asked by `scripts/fuzz.mjs`. */

/** What the suite does of them in all. */
const IN_ALL = 2900;

const asked = Number(process.env.UNIFOOL_FUZZ ?? IN_ALL);

/** @param own how many of a test's mutations the suite does */
export function mutations(own: number): number {
  return Math.ceil((own * asked) / IN_ALL);
}

/** The seed of the suite's mutations, or another one for those that are asked for. */
export function seedOf(own: number): number {
  return own + 1000 * Number(process.env.UNIFOOL_FUZZ_SEED ?? 0);
}

/** Runs what one mutation ends in, and tells which took longest where they are asked for. */
export async function timed<T>(what: string, work: () => Promise<T>): Promise<T> {
  const start = performance.now();
  const result = await work();
  const took = performance.now() - start;
  if (process.env.UNIFOOL_FUZZ !== undefined && took > Math.max(200, slowest.get(what) ?? 0)) {
    slowest.set(what, took);
    console.log(`${what}: one took ${Math.round(took)} ms`);
  }
  return result;
}

const slowest = new Map<string, number>();
