import { absences, checkText, refusals } from "../report.js";
import { type Adapter, adapterText, runtimeText } from "../runtime.js";
import { type Column, digits, formatTable, times } from "../table.js";
import { caseChart } from "./chart.js";
import { type CaseRows, casesOf, type Entry, type Run } from "./runs.js";

/** A file and its content; paths are relative to the document. */
export type Drawn = Readonly<Record<string, string>>;

/** The document of any runs, and its charts. */
export function resultsDocument(runs: readonly Run[]): Drawn {
  const cases = casesOf(runs);
  const charts: Record<string, string> = {};
  const parts = cases.map((rows) => {
    const file = `charts/${rows.name.replaceAll("/", "_")}.svg`;
    const drawn = rows.entries.some((e) => e.times);
    if (drawn) charts[file] = caseChart(rows);
    return [
      `### ${rows.name}`,
      "",
      ...(drawn ? [`![${rows.name}](${file})`, ""] : []),
      caseTable(rows),
      "",
    ].join("\n");
  });
  const text = [
    "# Results across runtimes",
    "",
    "Made by `npm run bench:report` of files that `npm run bench -- --json FILE`, `npm run bench:browser -- --json FILE`, `npm run bench:page`",
    "and `npm run bench:gpu` wrote, on any machines. Cases are `op/network/batch/K`; times are milliseconds an image, of the fastest call and of the",
    "median one: where others use a machine the median says how busy it was, and the fastest call what the code can. Nothing was timed whose",
    "result was wrong. Runs on different machines compare engines within a run, not machines with each other. **Software**: the processor played the",
    "GPU, on tiny networks; such a time says that it works, not how fast.",
    "",
    "## Runs",
    "",
    runTable(runs),
    "",
    "## Cases",
    "",
    ...parts,
    "## Who was absent",
    "",
    absentTable(runs),
    "",
    ...refusalLines(runs),
  ].join("\n");
  return { "RESULTS.md": `${text.trimEnd()}\n`, ...charts };
}

/** Names that drivers and processors give themselves may hold what Markdown takes for its own. */
function table<R>(columns: readonly Column<R>[], rows: readonly R[]): string {
  const plain = (text: string): string => text.replaceAll("|", "\\|").replaceAll("<", "&lt;");
  return formatTable(
    columns.map((column) => ({ ...column, cell: (row: R) => plain(column.cell(row)) })),
    rows,
  );
}

function runTable(runs: readonly Run[]): string {
  const adapter = (given: Adapter | undefined): string => (given ? adapterText(given) : "");
  return table<Run>(
    [
      { title: "run", cell: ({ name }) => name, align: "left" },
      { title: "runtime", cell: ({ report }) => runtimeText(report.machine.runtime), align: "left" },
      {
        title: "machine",
        cell: ({ report: { machine } }) => `${machine.cpu}, ${machine.cores} cores, ${machine.platform}`,
        align: "left",
      },
      { title: "WebGPU", cell: ({ report }) => adapter(report.adapters.webgpu), align: "left" },
      { title: "WebGL", cell: ({ report }) => adapter(report.adapters.webgl), align: "left" },
      { title: "date", cell: ({ report }) => report.machine.date.slice(0, 10), align: "left" },
      { title: "commit", cell: ({ report }) => report.machine.commit ?? "", align: "left" },
      { title: "command", cell: ({ report }) => `\`${report.machine.command}\``, align: "left" },
    ],
    runs,
  );
}

function caseTable({ entries }: CaseRows): string {
  const columns: Column<Entry>[] = [
    { title: "run", cell: ({ run }) => run.name, align: "left" },
    { title: "engine", cell: ({ row }) => row.engine, align: "left" },
    { title: "variant", cell: ({ row }) => row.variant, align: "left" },
    { title: "fastest", cell: (e) => (e.times ? digits(e.times.fastest) : "WRONG") },
    { title: "median", cell: (e) => digits(e.times?.median) },
    { title: "calls", cell: ({ row }) => String(row.time?.samples ?? "") },
    { title: "of the run's fastest", cell: (e) => ofFastest(e, entries) },
    { title: "adapter", cell: ({ software }) => (software ? "software" : ""), align: "left" },
    {
      title: "checked to",
      cell: ({ row: { check } }) => (check.passed ? check.error.toExponential(0) : checkText(check)),
    },
  ];
  return table(columns, entries);
}

/** How many times as long as the fastest of its run, by medians. */
function ofFastest(entry: Entry, entries: readonly Entry[]): string {
  const medians = entries.filter((e) => e.run === entry.run && e.times).map((e) => e.times!.median);
  return entry.times && medians.length > 1 ? times(entry.times.median / Math.min(...medians)) : "";
}

function absentTable(runs: readonly Run[]): string {
  const lines = runs.flatMap((run) => absences(run.report.absent).map((absence) => ({ run, ...absence })));
  if (lines.length === 0) return "Nobody.";
  return table<(typeof lines)[number]>(
    [
      { title: "run", cell: ({ run }) => run.name, align: "left" },
      { title: "engine", cell: ({ engine }) => engine, align: "left" },
      { title: "why", cell: ({ reason }) => reason, align: "left" },
      { title: "in", cell: ({ where }) => where.join(", "), align: "left" },
    ],
    lines,
  );
}

function refusalLines(runs: readonly Run[]): string[] {
  const lines = runs.flatMap(({ name, report }) => refusals(report.rows).map((line) => `- ${name}: ${line}`));
  return lines.length > 0 ? ["## Ratios that were not taken", "", ...lines] : [];
}
