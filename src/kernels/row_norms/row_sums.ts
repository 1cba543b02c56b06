import type { DualNorm } from "./reference.js";

/** Parts of a row's sum that `row_sums` leaves: part j is of the units u = j mod 8. */
export const ROW_SUMS = 8;

/** `||w||_q` from the parts at `first`, added in pairs. */
export function normOfSums(sums: Float64Array, first: number, q: DualNorm): number {
  let sum = 0;
  for (let j = 0; j < ROW_SUMS; j += 4)
    sum += sums[first + j] + sums[first + j + 1] + (sums[first + j + 2] + sums[first + j + 3]);
  return q === 2 ? Math.sqrt(sum) : sum;
}
