import { type Case, OPS } from "../case.js";
import type { Row } from "../report.js";
import type { Report } from "../results.js";
import type { Adapter } from "../runtime.js";

/** One file of results, under a name of its own. */
export interface Run {
  readonly name: string;
  readonly file: string;
  readonly report: Report;
}

/** Rows of all runs on one case. */
export interface CaseRows {
  /** `op/network/batch/K`. */
  readonly name: string;
  readonly case: Case;
  /** By run, the fastest first. */
  readonly entries: readonly Entry[];
}

export interface Entry {
  readonly run: Run;
  readonly row: Row;
  /** Milliseconds an image; undefined where the result was wrong. */
  readonly times?: { readonly fastest: number; readonly median: number };
  /** It computed on an adapter that is software. */
  readonly software: boolean;
}

/** Names runs by what ran them and on what; what is told apart by nothing else, by its file. */
export function nameRuns(files: readonly { readonly file: string; readonly report: Report }[]): Run[] {
  const plain = files.map(({ report: { machine, adapters } }) => {
    const { name, version, isolated } = machine.runtime;
    const hardware = adapters.webgpu && !adapters.webgpu.software ? adapters.webgpu.name : machine.cpu;
    const major = version.replace(/^v/, "").split(".")[0];
    return `${name} ${major}${isolated ? "" : ", not isolated"}, ${hardware}`;
  });
  return files.map(({ file, report }, i) => ({
    file,
    report,
    name: plain.filter((name) => name === plain[i]).length > 1 ? `${plain[i]} (${file})` : plain[i],
  }));
}

/** What a row computed on, where that is no processor by its nature. */
export function adapterOf({ engine, variant }: Row, { adapters }: Report): Adapter | undefined {
  if (engine === "webgpu" || variant.startsWith("webgpu")) return adapters.webgpu;
  return variant.startsWith("webgl") ? adapters.webgl : undefined;
}

/** All cases that any run has, operations in their usual order, small networks and batches first. */
export function casesOf(runs: readonly Run[]): CaseRows[] {
  const cases = new Map<string, { case: Case; entries: Entry[] }>();
  for (const run of runs)
    for (const row of run.report.rows) {
      if (row.scope === "kernels") continue;
      const { op, network, batch, classes, passes = 1 } = row;
      const name = `${passes > 1 ? `${op}.x${passes}` : op}/${network}/${batch}/${classes}`;
      const found = cases.get(name) ?? { case: row, entries: [] };
      const { time } = row;
      const images = batch * passes;
      found.entries.push({
        run,
        row,
        times: time && { fastest: time.min / images, median: time.median / images },
        software: adapterOf(row, run.report)?.software ?? false,
      });
      cases.set(name, found);
    }
  const order = (entry: Entry): number => entry.times?.median ?? Infinity;
  return [...cases]
    .map(([name, { case: c, entries }]) => ({
      name,
      case: c,
      entries: runs.flatMap((run) =>
        entries.filter((e) => e.run === run).sort((a, b) => order(a) - order(b)),
      ),
    }))
    .sort(
      (a, b) =>
        rank(a.case) - rank(b.case) ||
        compare(a.case.network, b.case.network) ||
        a.case.batch - b.case.batch ||
        a.case.classes - b.case.classes,
    );
}

function rank({ op }: Case): number {
  return OPS.indexOf(op);
}

/** Not by any language's rules, which machines may differ in. */
function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
