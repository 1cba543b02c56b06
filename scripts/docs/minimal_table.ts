import { readFileSync } from "node:fs";
import { type Measured, report } from "../../bench/minimal/outcome.js";

const FILE = "bench/minimal/results.json";

/** Norms of minimal perturbations by method, as `npm run bench:minimal -- --json bench/minimal/results.json` found them. */
export function minimalTable(): string {
  return report(JSON.parse(readFileSync(FILE, "utf8")) as Measured);
}
