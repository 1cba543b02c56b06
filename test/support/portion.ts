/**
 * Which part of the suites a run is for, from UNIFOOL_TESTS: `quick`, what `npm test` takes; `slow`, what it leaves to `npm run
 * test:slow`; both where nothing is said, as on a machine with a GPU.
 */
const portion = process.env.UNIFOOL_TESTS ?? "all";
if (!["quick", "slow", "all"].includes(portion))
  throw new Error(`UNIFOOL_TESTS is ${portion}, expected quick, slow or all`);

export const quick: boolean = portion !== "slow";
export const slow: boolean = portion !== "quick";

/** The items of either part that this run is for. */
export function portionOf<T>({ quick: some, slow: others }: Portions<T>): T[] {
  return [...(quick ? some : []), ...(slow ? others : [])];
}

export interface Portions<T> {
  readonly quick: readonly T[];
  readonly slow: readonly T[];
}
