import type { Check } from "./checks/verdict.js";
import type { Machine } from "./machine.js";
import type { Profile } from "./profile.js";
import type { ColdStart, Row } from "./report.js";
import type { Roofline } from "./roofline/measure.js";
import type { Work } from "./work.js";

/** Of the files that `--json` writes; one more whenever an older file would be read wrongly. */
export const SCHEMA = 1;

/** All that a run found. */
export interface Report {
  readonly schema: typeof SCHEMA;
  readonly machine: Machine;
  readonly rooflines: readonly Roofline[];
  /** Multiply-adds by network. */
  readonly work: Readonly<Record<string, Work>>;
  /** What each network's results were compared with was itself compared with this. */
  readonly oracles: Readonly<Record<string, Check>>;
  readonly rows: readonly Row[];
  readonly cold: readonly ColdStart[];
  readonly profiles: readonly Profile[];
}

export function reportText(report: Report): string {
  return `${JSON.stringify(report, null, 1)}\n`;
}

/**
 * Reads what {@link reportText} wrote.
 *
 * @throws Error, one line, for another schema, and for rows that lack what tables are made of
 */
export function parseReport(text: string, file: string): Report {
  const report = JSON.parse(text) as Report;
  const fail = (problem: string): never => {
    throw new Error(`${file}: ${problem}`);
  };
  if (report.schema !== SCHEMA) fail(`schema is ${report.schema}, expected ${SCHEMA}`);
  for (const key of ["cpu", "node", "date", "command"] as const)
    if (typeof report.machine?.[key] !== "string") fail(`machine.${key} is missing`);
  for (const key of ["rooflines", "rows", "cold", "profiles"] as const)
    if (!Array.isArray(report[key])) fail(`${key} is no list`);
  for (const row of report.rows) {
    if (typeof row.name !== "string") fail("a row has no name");
    if (typeof row.check?.against !== "string" || typeof row.check.passed !== "boolean")
      fail(`${row.name} was not checked`);
    const { time } = row;
    if (time && !(time.min > 0 && time.min <= time.median && time.samples > 0))
      fail(`${row.name} has no times, or impossible ones`);
    if (time && !row.check.passed) fail(`${row.name} was timed although it was wrong`);
  }
  return report;
}
