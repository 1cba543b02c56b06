import { readFileSync } from "node:fs";
import { type MeasuredGoals, report } from "../../bench/goals/outcome.js";

const FILE = "bench/goals/results.json";

/** Rates of one class for all images, and of no images at all, as `npm run bench:goals -- --json bench/goals/results.json` found them. */
export function goalsTable(): string {
  return report(JSON.parse(readFileSync(FILE, "utf8")) as MeasuredGoals);
}
