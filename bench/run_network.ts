import { type Case, rowName } from "./case.js";
import type { Checker } from "./checks/checker.js";
import { Absent, type Contender } from "./contenders/contender.js";
import type { Opener } from "./contenders/own.js";
import type { EngineName } from "./engine_names.js";
import { runGroup, TIME_UP } from "./group.js";
import type { BenchNetwork } from "./networks.js";
import type { Options } from "./options.js";
import type { Group } from "./plan.js";
import { kernelTime, profileNetwork } from "./profile.js";
import { withRatios } from "./ratios.js";
import type { Row } from "./report.js";
import type { Absence } from "./results.js";
import { peakFor, type Roofline } from "./roofline/peak.js";
import { digits } from "./table.js";
import type { Work } from "./work.js";

/** What differs between Node and a page. */
export interface Runner {
  readonly options: Options;
  /** What makes the contenders of an engine; each may throw Absent. */
  readonly openers: (engine: EngineName, bench: BenchNetwork) => readonly Opener[];
  readonly rooflines: readonly Roofline[];
  readonly say: (line: string) => void;
  /** Milliseconds of `performance.now()` after which no further case begins. */
  readonly until?: number;
}

/** What is known of the network. */
export interface Prepared {
  readonly bench: BenchNetwork;
  /** Undefined where our engine cannot run it. */
  readonly work?: Work;
  readonly checker: Checker;
}

const ROUNDS = 5;
/** Milliseconds; enough for WebAssembly to be compiled well, not for all of JavaScript. */
const QUICK_WARM_UP = 100;

/** Runs the cases of one network: opens whoever takes part, checks, and times in turns. */
export async function runNetwork(
  runner: Runner,
  { bench, work, checker }: Prepared,
  groups: readonly Group[],
): Promise<{ readonly rows: readonly Row[]; readonly absent: readonly Absence[] }> {
  const { options, openers, rooflines, say, until = Infinity } = runner;
  const rows: Row[] = [];
  const absent: Absence[] = [];
  const open = new Map<EngineName, Contender[]>();
  const seen = new Set<string>();
  const leftOut = (engine: string, reason: string, op?: Case["op"]): void => {
    absent.push({ engine, network: bench.name, op, reason });
  };
  try {
    for (const group of groups) {
      const { classes } = bench.network;
      const c: Case = { ...group.case, classes: Math.min(group.case.classes, classes) };
      const label = rowName(c, "*", "*");
      if (seen.has(label)) continue;
      seen.add(label);
      const obstacle =
        c.batch > bench.images.count
          ? `there are ${bench.images.count} images`
          : performance.now() > until
            ? TIME_UP
            : undefined;
      if (obstacle !== undefined) {
        say(`${label}: left out, ${obstacle}`);
        leftOut("everybody", `${label}: ${obstacle}`, c.op);
        continue;
      }
      const contenders: Contender[] = [];
      // Peers first: where no stored result is at hand, ours are compared with theirs.
      for (const engine of [...group.engines].reverse()) {
        if (engine.startsWith("wasm") && !work) continue;
        const known = open.get(engine) ?? (await openAll(openers(engine, bench), engine, say, leftOut));
        open.set(engine, known);
        contenders.push(...known);
      }
      if (options.filter && !contenders.some((p) => options.filter?.test(rowName(c, p.engine, p.variant))))
        continue;
      say(`${label}: ${contenders.map((p) => `${p.engine}/${p.variant}`).join(", ")}`);
      const schedule = {
        rounds: ROUNDS,
        warmUp: options.quick ? QUICK_WARM_UP : undefined,
        turn: (1000 * options.seconds) / ROUNDS,
        budget: 1500 * options.seconds,
      };
      const found = withRatios(
        await runGroup(c, contenders, {
          checker,
          work,
          rooflines,
          classes,
          filter: options.filter,
          schedule,
          say,
          until,
          absent: (who, reason) => leftOut(`${who.engine}/${who.variant}`, reason, c.op),
        }),
      );
      for (const { engine, variant, millisecondsPerImage: each } of found)
        if (each !== undefined) say(`  ${engine}/${variant}: ${digits(each)} ms an image`);
      rows.push(...found.reverse());
      if (c.op === "jacobian" && c.batch === 1 && !options.quick)
        rows.push(...(await kernelRows(bench, c, found, rooflines)));
    }
  } finally {
    for (const contender of [...open.values()].flat()) contender.close();
  }
  return { rows, absent };
}

/** Those that cannot be had are named and left out. */
async function openAll(
  openers: readonly Opener[],
  engine: EngineName,
  say: (line: string) => void,
  leftOut: (engine: string, reason: string) => void,
): Promise<Contender[]> {
  const opened: Contender[] = [];
  for (const opener of openers)
    try {
      opened.push(await opener());
    } catch (error) {
      if (!(error instanceof Absent)) throw error;
      say(`  ${engine} does not take part: ${error.message}`);
      leftOut(engine, error.message);
      break;
    }
  return opened;
}

/** Beside each of our single-threaded Jacobians, the time that its kernels alone take. */
async function kernelRows(
  bench: BenchNetwork,
  c: Case,
  found: readonly Row[],
  rooflines: readonly Roofline[],
): Promise<Row[]> {
  const rows: Row[] = [];
  for (const row of found) {
    // A profile covers one pass of the backward lanes, at most 12; the GPU's engine has none.
    if (
      !row.ours ||
      row.engine !== "wasm" ||
      row.threads > 1 ||
      /-\d+t$/.test(row.variant) ||
      !row.time ||
      c.classes > 12
    )
      continue;
    const profile = await profileNetwork(
      bench,
      row.variant.startsWith("relaxed") ? "relaxed" : "simd",
      c.classes,
      5,
    );
    const milliseconds = kernelTime(profile);
    const gflops = row.gflops === undefined ? undefined : (row.gflops * row.time.median) / milliseconds;
    const peak = peakFor(rooflines, profile.variant, 1);
    rows.push({
      ...row,
      name: row.name.replace("jacobian/", "jacobian.kernels/"),
      scope: "kernels",
      time: { median: milliseconds, p25: milliseconds, p75: milliseconds, min: milliseconds, samples: 5 },
      millisecondsPerImage: milliseconds,
      imagesPerSecond: 1000 / milliseconds,
      gflops,
      roofline: gflops !== undefined && peak !== undefined ? gflops / peak : undefined,
      faster: undefined,
      how: "sum of the shortest time of every kernel call",
    });
  }
  return rows;
}
