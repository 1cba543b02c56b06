import type { Case } from "./case.js";
import type { Check } from "./checks/verdict.js";
import type { Absence } from "./results.js";
import type { Spread } from "./statistics.js";
import { type Column, digits, formatTable, percent, times } from "./table.js";

/** One line of the report: one contender on one case. */
export interface Row extends Case {
  /** `op/network/engine/variant/batch/K`. */
  readonly name: string;
  readonly engine: string;
  readonly variant: string;
  readonly threads: number;
  readonly ours: boolean;
  /** "end to end": a call of the public API; "kernels": the sum of the kernel calls within. */
  readonly scope: "end to end" | "kernels";
  readonly check: Check;
  /** Milliseconds a call; undefined where the result was wrong. */
  readonly time?: Spread;
  readonly how?: string;
  readonly millisecondsPerImage?: number;
  readonly imagesPerSecond?: number;
  /** Of the multiply-adds that were not skipped, and as a share of the peak measured in this run. */
  readonly gflops?: number;
  readonly roofline?: number;
  /** How many times faster it is than each peer at its best on as many threads. */
  readonly faster?: Readonly<Record<string, Ratio>>;
}

/** How much faster one of our rows is than a peer's best on as many threads, or why that cannot be said. */
export type Ratio =
  | {
      /** Of medians, and of the shortest times. */
      readonly median: number;
      readonly min: number;
      readonly peer: string;
    }
  | { readonly refused: string };

/** A fresh process: milliseconds to create the engine, of the first call and of the second; and its memory, in MB. */
export interface ColdStart {
  readonly name: string;
  readonly create: number;
  readonly first: number;
  readonly second: number;
  readonly memory: {
    /** Values of the model's own. */
    readonly weights: number;
    /** Linear memory or device buffers. */
    readonly engine: number;
    /** ArrayBuffers that live after the calls, the model's arrays among them. */
    readonly buffers: number;
    /** The largest resident size before the engine was made, and at the end. */
    readonly before: number;
    readonly peak: number;
  };
}

export function resultTable(rows: readonly Row[]): string {
  const kinds = [...new Set(rows.flatMap((r) => Object.keys(r.faster ?? {})))];
  const columns: Column<Row>[] = [
    { title: "op/network/engine/variant/batch/K", cell: (r) => r.name, align: "left" },
    { title: "ms/image", cell: (r) => (r.time ? digits(r.millisecondsPerImage) : "WRONG") },
    { title: "ms a call", cell: (r) => (r.batch > 1 ? digits(r.time?.median) : "") },
    { title: "p25..p75", cell: (r) => (r.time ? `${digits(r.time.p25)}..${digits(r.time.p75)}` : "") },
    { title: "min", cell: (r) => digits(r.time?.min) },
    { title: "n", cell: (r) => String(r.time?.samples ?? "") },
    { title: "images/s", cell: (r) => digits(r.imagesPerSecond) },
    { title: "GFLOP/s", cell: (r) => digits(r.gflops) },
    { title: "of peak", cell: (r) => percent(r.roofline) },
    ...kinds.map((kind) => ({ title: `vs ${kind}`, cell: (r: Row) => ratioText(r.faster?.[kind]) })),
    { title: "checked to", cell: (r) => (r.check.passed ? r.check.error.toExponential(0) : "") },
    { title: "computed by", cell: (r) => r.how ?? "", align: "left" },
  ];
  return formatTable(columns, rows);
}

/** One line for each result that was wrong. */
export function failures(rows: readonly Row[]): string[] {
  return rows
    .filter((r) => !r.check.passed)
    .map(({ name, check }) => `WRONG, not timed: ${name}: ${checkText(check)}`);
}

/** `3.02x (3.41x)`: of medians, and of the shortest times. */
function ratioText(ratio: Ratio | undefined): string {
  if (!ratio) return "";
  return "refused" in ratio ? "refused" : `${times(ratio.median)} (${times(ratio.min)})`;
}

/** One line for each ratio that was not taken. */
export function refusals(rows: readonly Row[]): string[] {
  return rows.flatMap(({ name, faster = {} }) =>
    Object.entries(faster).flatMap(([peer, ratio]) =>
      "refused" in ratio ? [`no ratio of ${name} to ${peer}: ${ratio.refused}`] : [],
    ),
  );
}

/** Who was kept by what from which cases. */
export interface AbsentGroup {
  readonly engine: string;
  readonly reason: string;
  readonly where: readonly string[];
}

/** Absences with the same reason, together. */
export function absences(absent: readonly Absence[]): AbsentGroup[] {
  const groups = new Map<string, { engine: string; reason: string; where: Set<string> }>();
  for (const { engine, network, op, reason } of absent) {
    const key = `${engine}: ${reason}`;
    const group = groups.get(key) ?? { engine, reason, where: new Set() };
    group.where.add(op === undefined ? network : `${op}/${network}`);
    groups.set(key, group);
  }
  return [...groups.values()].map((group) => ({ ...group, where: [...group.where] }));
}

/** One line for each. */
export function absentLines(absent: readonly Absence[]): string[] {
  return absences(absent).map(
    ({ engine, reason, where }) => `absent: ${engine}: ${reason} (${where.join(", ")})`,
  );
}

/** What a result was compared with, and how near it came. */
export function checkText({ against, error, allowed, unit }: Check): string {
  return `${against}: ${digits(error, 2)} ${unit}, at most ${digits(allowed, 2)}`;
}

export function coldTable(rows: readonly ColdStart[]): string {
  return formatTable<ColdStart>(
    [
      { title: "cold start (a fresh process)", cell: (r) => r.name, align: "left" },
      { title: "create ms", cell: (r) => digits(r.create) },
      { title: "first call ms", cell: (r) => digits(r.first) },
      { title: "second call ms", cell: (r) => digits(r.second) },
      { title: "weights MB", cell: (r) => digits(r.memory.weights) },
      { title: "engine MB", cell: (r) => digits(r.memory.engine) },
      { title: "buffers MB", cell: (r) => digits(r.memory.buffers) },
      { title: "RSS before MB", cell: (r) => digits(r.memory.before) },
      { title: "peak RSS MB", cell: (r) => digits(r.memory.peak) },
    ],
    rows,
  );
}

/**
 * What one thread more, or one class more, costs: our rows of a case beside those that differ from them in nothing but
 * threads or K.
 */
export function scalingLines(rows: readonly Row[]): string[] {
  const lines: string[] = [];
  const ours = rows.filter((r) => r.ours && r.time && r.scope === "end to end");
  const median = (r: Row): number => (r.time as Spread).median;
  const plain = (r: Row): string => r.variant.replace(/-\d+t$/, "");
  for (const r of ours) {
    const single = ours.find(
      (s) =>
        s.threads === 1 &&
        s.op === r.op &&
        s.network === r.network &&
        s.batch === r.batch &&
        s.classes === r.classes &&
        plain(s) === plain(r),
    );
    if (r.threads > 1 && single)
      lines.push(`${r.name}: ${times(median(single) / median(r))} the speed of one thread`);
    const fewest = ours
      .filter(
        (s) =>
          s.op === "jacobian" && s.network === r.network && s.batch === r.batch && s.variant === r.variant,
      )
      .sort((a, b) => a.classes - b.classes)[0];
    if (r.op === "jacobian" && fewest.classes < r.classes) {
      const ratio = median(r) / median(fewest);
      lines.push(
        `${r.name}: ${times(ratio)} the time of K = ${fewest.classes} for ${times(r.classes / fewest.classes)} the rows`,
      );
    }
  }
  return lines;
}
