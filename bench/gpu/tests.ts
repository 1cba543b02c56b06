import { spawn } from "node:child_process";
import { once } from "node:events";
import { readdirSync } from "node:fs";
import type { TestReport } from "./test_file.js";

/** What became of one test file. */
export interface FileReport extends TestReport {
  readonly file: string;
  readonly seconds: number;
}

/**
 * Runs every bundled test of `folder`, each file in a process of its own, which a driver may end without the others.
 *
 * @param jobs processes at a time
 * @param only regular expressions: files whose name matches, and of them tests whose full name does
 */
export async function runTests(
  folder: string,
  jobs: number,
  only: { readonly files?: string; readonly tests?: string } = {},
): Promise<FileReport[]> {
  const wanted = new RegExp(only.files ?? "");
  const files = readdirSync(`${folder}tests`, { recursive: true, encoding: "utf8" })
    .filter((file) => file.endsWith(".test.mjs") && wanted.test(file))
    .sort();
  const reports: FileReport[] = [];
  const queue = [...files];
  const work = async (): Promise<void> => {
    for (let file = queue.shift(); file !== undefined; file = queue.shift()) {
      const report = await runFile(folder, file, only.tests);
      console.error(fileText(report));
      reports.push(report);
    }
  };
  await Promise.all(Array.from({ length: Math.min(jobs, files.length) }, work));
  return reports.sort((a, b) => files.indexOf(`${a.file}.mjs`) - files.indexOf(`${b.file}.mjs`));
}

async function runFile(folder: string, file: string, pattern?: string): Promise<FileReport> {
  const start = performance.now();
  const args = [
    "--expose-gc",
    `${folder}gpu_test.mjs`,
    `${folder}tests/${file}`,
    ...(pattern ? [pattern] : []),
  ];
  // CI: what is absent is a failure, not a test that was skipped.
  const child = spawn(process.execPath, args, {
    stdio: ["ignore", "pipe", "pipe"],
    env: { ...process.env, CI: "true" },
  });
  let text = "";
  let complaint = "";
  child.stdout.on("data", (data: Buffer) => (text += data));
  child.stderr.on("data", (data: Buffer) => (complaint = `${complaint}${data}`.slice(-2000)));
  const [status, signal] = (await once(child, "close")) as [number | null, string | null];
  const common = { file: file.replace(/\.mjs$/, ""), seconds: (performance.now() - start) / 1000 };
  try {
    return { ...common, ...(JSON.parse(text.trim().split("\n").at(-1) ?? "") as TestReport) };
  } catch {
    const message = `the process ended (${signal ?? `exit status ${status}`}): ${complaint.trim()}`;
    return { ...common, passed: 0, skipped: 0, failures: [{ name: "the file", message }] };
  }
}

function fileText({ file, seconds, passed, skipped, failures }: FileReport): string {
  const counts = `${passed} passed, ${failures.length} failed, ${skipped} skipped`;
  return [
    `${seconds.toFixed(0).padStart(4)} s  ${file}: ${counts}`,
    ...failures.map(({ name, message }) => `        ${name}: ${message.split("\n")[0]}`),
  ].join("\n");
}

/** Every failure, whole, and the sum. */
export function testText(reports: readonly FileReport[]): string {
  const sum = (count: (report: FileReport) => number): number => reports.reduce((n, r) => n + count(r), 0);
  return [
    ...reports.flatMap(({ file, failures }) =>
      failures.map(({ name, message }) => `FAILED ${file}: ${name}\n  ${message}`),
    ),
    `tests: ${sum((r) => r.passed)} passed, ${sum((r) => r.failures.length)} failed, ${sum((r) => r.skipped)} skipped`,
  ].join("\n");
}
