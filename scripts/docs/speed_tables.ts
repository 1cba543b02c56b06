import { readdirSync, readFileSync } from "node:fs";
import { coldTable, type Row, refusals, resultTable } from "../../bench/report.js";
import { parseReport, type Report } from "../../bench/results.js";
import { type Column, digits, formatTable, times } from "../../bench/table.js";

const FOLDER = "bench/results/";

/** Networks of the README's table, as a reader knows them. */
const NETWORKS: Readonly<Record<string, string>> = {
  resnet20: "ResNet-20, 32x32",
  squeezenet: "SqueezeNet 1.1, 224x224",
  mobilenetv2: "MobileNetV2, 224x224",
};

/** The published reports, Node 20 first; runs across runtimes have a document of their own. */
function published(): Report[] {
  return readdirSync(FOLDER)
    .filter((file) => /^node\d+\.json$/.test(file))
    .sort()
    .map((file) => parseReport(readFileSync(FOLDER + file, "utf8"), FOLDER + file));
}

const version = ({ machine }: Report): string => machine.runtime.version.replace(/^v(\d+).*/, "$1");

interface Line {
  readonly network: string;
  readonly report: Report;
}

/** Jacobians of one image, ten classes: ours in the variant that this Node's users get, beside PyTorch on as many threads. */
export function speedTable(): string {
  const reports = published();
  const lines: Line[] = Object.keys(NETWORKS).flatMap((network) =>
    reports.map((report) => ({ network, report })),
  );
  const columns: Column<Line>[] = [
    { title: "", cell: ({ network }) => NETWORKS[network], align: "left" },
    {
      title: "Node",
      cell: ({ report }) => `${version(report)}, ${isFused(report) ? "fused" : "plain"}`,
      align: "left",
    },
    ...[1, 2].flatMap((threads): Column<Line>[] => {
      const on = threads === 1 ? "one thread" : "two threads";
      return [
        { title: `unifool, ${on}`, cell: (line) => spread(ours(line, threads)) },
        { title: "PyTorch", cell: (line) => spread(torch(line, threads)) },
        { title: "", cell: (line) => ratio(ours(line, threads)) },
      ];
    }),
  ];
  return [
    formatTable(columns, lines),
    "",
    `Milliseconds, medians (and the shortest). ${reports.map(sourceText).join("; ")}.`,
  ].join("\n");
}

/** Everything that the published runs printed. */
export function resultTables(): string {
  return published()
    .map((report) => {
      const { machine } = report;
      return [
        `### Node ${version(report)}`,
        "",
        `${machine.cpu}, ${machine.cores} cores, ${machine.platform}, Node ${machine.runtime.version}, ${machine.date.slice(0, 10)}, commit ${machine.commit}:`,
        `\`${machine.command}\``,
        "",
        resultTable(report.rows),
        ...refusals(report.rows).flatMap((line) => ["", line]),
        "",
        coldTable(report.cold),
      ].join("\n");
    })
    .join("\n\n");
}

function sourceText({ machine }: Report): string {
  return `${machine.cpu}, ${machine.cores} cores, Node ${machine.runtime.version}, ${machine.date.slice(0, 10)}`;
}

function isFused({ rows }: Report): boolean {
  return rows.some((r) => r.variant === "relaxed");
}

/** Rows of the case. */
function rowsOf({ network, report }: Line, threads: number): Row[] {
  return report.rows.filter(
    (r) =>
      r.op === "jacobian" &&
      r.scope === "end to end" &&
      r.network === network &&
      r.batch === 1 &&
      r.classes === 10 &&
      r.threads === threads,
  );
}

function ours(line: Line, threads: number): Row | undefined {
  const variant = isFused(line.report) ? "relaxed" : "simd";
  return rowsOf(line, threads).find((r) => r.ours && r.variant.startsWith(variant));
}

function torch(line: Line, threads: number): Row | undefined {
  return rowsOf(line, threads)
    .filter((r) => r.engine === "torch" && r.time)
    .sort((a, b) => a.time!.median - b.time!.median)[0];
}

function spread(row: Row | undefined): string {
  return row?.time ? `${digits(row.time.median)} (${digits(row.time.min)})` : "";
}

/** A ratio that was refused is a dash. */
function ratio(row: Row | undefined): string {
  const found = row?.faster?.torch;
  if (!found) return "";
  return "refused" in found ? "-" : `**${times(found.median)}** (${times(found.min)})`;
}
