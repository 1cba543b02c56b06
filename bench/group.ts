import type { Case } from "./case.js";
import { rowName } from "./case.js";
import type { Checker } from "./checks/checker.js";
import type { Again } from "./checks/verdict.js";
import { Absent, type Contender, type Job } from "./contenders/contender.js";
import { alternate, type Schedule, type Timed } from "./measure.js";
import type { Row } from "./report.js";
import { peakFor, type Roofline } from "./roofline/peak.js";
import { spreadOf } from "./statistics.js";
import { liveMacs, type Work } from "./work.js";

/** What rows are computed with. */
export interface Context {
  readonly checker: Checker;
  readonly work?: Work;
  readonly rooflines: readonly Roofline[];
  readonly classes: number;
  readonly filter?: RegExp;
  readonly schedule: Schedule;
  readonly say: (line: string) => void;
  /** By `performance.now()`, when nothing more is begun. */
  readonly until?: number;
  /** Told who does not take part in the case. */
  readonly absent: (contender: Contender, reason: string) => void;
}

/** Why a contender, or a case, is left out of a run whose time is limited. */
export const TIME_UP = "the time was up";

/** Prepares and checks all contenders of one case, then times those that are right in turns. */
export async function runGroup(
  c: Case,
  contenders: readonly Contender[],
  { checker, work, rooflines, classes, filter, schedule, say, until = Infinity, absent }: Context,
): Promise<Row[]> {
  const ready: { contender: Contender; job: Job; row: Row }[] = [];
  for (const contender of contenders) {
    const name = rowName(c, contender.engine, contender.variant);
    if (filter && !filter.test(name)) continue;
    const start = performance.now();
    if (start > until) {
      absent(contender, TIME_UP);
      continue;
    }
    const first = await contender.prepare(c).catch((error: Error) => {
      const reason = error.message.split("\n")[0];
      say(`  ${name}: left out (${reason})`);
      if (!(error instanceof Absent) && contender.ours) throw error;
      absent(contender, reason);
      return "failed" as const;
    });
    if (first === "failed") continue;
    if (!first) {
      absent(contender, `does not compute ${c.op}`);
      continue;
    }
    // What has run for seconds is warm.
    const warm = performance.now() - start > 2000;
    let job = first;
    const again: Again = async (variation) => {
      const other = await contender.prepare({ ...c, ...variation });
      // What was prepared last is what is timed.
      job = (await contender.prepare(c)) ?? job;
      return other?.result;
    };
    const check = job.check ?? (await checker.check(c, job.result, again));
    const { engine, variant, threads, ours } = contender;
    const row: Row = { ...c, name, engine, variant, threads, ours, scope: "end to end", check, how: job.how };
    ready.push({
      contender,
      job: warm ? { ...job, timed: { ...job.timed, warmUpMilliseconds: 0 } } : job,
      row,
    });
  }
  const right = ready.filter((r) => r.row.check.passed);
  const samples: Map<Timed, number[]> = await alternate(
    right.map((r) => r.job.timed),
    schedule,
    until,
  );
  return ready.map(({ contender, job, row }) => {
    const own = samples.get(job.timed);
    if (!own) return row;
    const time = spreadOf(own);
    const onGpu = contender.engine === "webgpu";
    // What the GPU's engine does it does for every unit.
    const done = onGpu && work ? { ...work, liveBackward: work.denseBackward } : work;
    const macs = contender.ours && done ? liveMacs(c, done, job.result, classes) : undefined;
    const gflops = macs === undefined ? undefined : (2 * macs) / time.median / 1e6;
    const build = contender.variant.startsWith("relaxed") ? "relaxed" : "simd";
    const peak = peakFor(rooflines, onGpu ? "webgpu" : build, contender.threads);
    return {
      ...row,
      time,
      millisecondsPerImage: time.median / c.batch,
      imagesPerSecond: (1000 * c.batch) / time.median,
      gflops,
      roofline: gflops !== undefined && peak !== undefined ? gflops / peak : undefined,
    };
  });
}
