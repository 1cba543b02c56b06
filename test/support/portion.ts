import { test } from "vitest";

/**
 * Which part of the suites a run is for, from UNIFOOL_TESTS: `quick`, what `npm test` takes; `slow`, what it leaves to `npm run
 * test:slow`; both where nothing is said, as on a machine with a GPU.
 */
const portion = process.env.UNIFOOL_TESTS ?? "all";
if (!["quick", "slow", "all"].includes(portion))
  throw new Error(`UNIFOOL_TESTS is ${portion}, expected quick, slow or all`);

export const quick: boolean = portion !== "slow";
export const slow: boolean = portion !== "quick";

const none = (() => {}) as unknown as typeof test;
/** `test` in the part that it says; elsewhere there is no such test. */
export const quickTest = quick ? test : none;
export const slowTest = slow ? test : none;

/** The items of either part that this run is for. */
export function portionOf<T>({ quick: some, slow: others }: Portions<T>): T[] {
  return [...(quick ? some : []), ...(slow ? others : [])];
}

/** Every so many items, from the first on, is quick's, and the others are left to the slow part. */
export function oneIn<T>(count: number, items: readonly T[]): T[] {
  return items.filter((_, i) => (i % count === 0 ? quick : slow));
}

export interface Portions<T> {
  readonly quick: readonly T[];
  readonly slow: readonly T[];
}
