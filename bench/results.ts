import type { Op } from "./case.js";
import type { Check } from "./checks/verdict.js";
import type { Profile } from "./profile.js";
import type { ColdStart, Row } from "./report.js";
import type { Roofline } from "./roofline/peak.js";
import { type Adapters, type Machine, withRuntime } from "./runtime.js";
import type { Work } from "./work.js";

/** Of the files that `--json` writes; one more whenever an older file would be read wrongly. */
export const SCHEMA = 1;

/** Who did not take part in what, and why. */
export interface Absence {
  readonly engine: string;
  readonly network: string;
  /** Default: in nothing of that network. */
  readonly op?: Op;
  /** One line. */
  readonly reason: string;
}

/** All that a run found, in Node or in a page. */
export interface Report {
  readonly schema: typeof SCHEMA;
  readonly machine: Machine;
  /** What WebGPU and WebGL computed on, where anybody asked. */
  readonly adapters: Adapters;
  readonly rooflines: readonly Roofline[];
  /** Multiply-adds by network. */
  readonly work: Readonly<Record<string, Work>>;
  /** What each network's results were compared with was itself compared with this. */
  readonly oracles: Readonly<Record<string, Check>>;
  readonly rows: readonly Row[];
  readonly cold: readonly ColdStart[];
  readonly profiles: readonly Profile[];
  readonly absent: readonly Absence[];
}

export function reportText(report: Report): string {
  return `${JSON.stringify(report, null, 1)}\n`;
}

/**
 * Reads what {@link reportText} wrote; of older files, from when there was Node alone, says so.
 *
 * @throws Error, one line, for another schema, and for rows that lack what tables are made of
 */
export function parseReport(text: string, file: string): Report {
  const read = JSON.parse(text) as Report;
  const fail = (problem: string): never => {
    throw new Error(`${file}: ${problem}`);
  };
  if (read.schema !== SCHEMA) fail(`schema is ${read.schema}, expected ${SCHEMA}`);
  for (const key of ["cpu", "date", "command"] as const)
    if (typeof read.machine?.[key] !== "string") fail(`machine.${key} is missing`);
  const report: Report = {
    ...read,
    machine: withRuntime(read.machine),
    adapters: read.adapters ?? {},
    absent: read.absent ?? [],
  };
  const { name, version } = report.machine.runtime;
  if (!name || !version) fail("machine has neither runtime nor node");
  for (const [api, adapter] of Object.entries(report.adapters))
    if (typeof adapter.name !== "string" || typeof adapter.software !== "boolean")
      fail(`adapters.${api} has no name, or does not say whether it is software`);
  for (const key of ["rooflines", "rows", "cold", "profiles", "absent"] as const)
    if (!Array.isArray(report[key])) fail(`${key} is no list`);
  for (const { engine, network, reason } of report.absent)
    if (![engine, network, reason].every((text) => typeof text === "string"))
      fail("who was absent has no engine, network or reason");
  for (const row of report.rows) checkRow(row, fail);
  return report;
}

function checkRow({ name, check, time }: Row, fail: (problem: string) => never): void {
  if (typeof name !== "string") fail("a row has no name");
  if (typeof check?.against !== "string" || typeof check.passed !== "boolean")
    fail(`${name} was not checked`);
  if (time && !(time.min > 0 && time.min <= time.median && time.samples > 0))
    fail(`${name} has no times, or impossible ones`);
  if (time && !check.passed) fail(`${name} was timed although it was wrong`);
}
