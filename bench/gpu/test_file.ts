/**
 * Runs one bundled test file: `gpu_test.mjs FILE [REGEXP]`, where only tests whose full name matches are run. Its last line of
 * output is a `TestReport` as JSON.
 */
import { pathToFileURL } from "node:url";
import { type RunMode, startTests, type Task, type VitestRunner } from "@vitest/runner";

/** What became of the tests of one file. */
export interface TestReport {
  readonly passed: number;
  readonly skipped: number;
  readonly failures: readonly { readonly name: string; readonly message: string }[];
}

const [path, pattern] = process.argv.slice(2);
const failures: { name: string; message: string }[] = [];
const counts = { passed: 0, skipped: 0 };
process.on("uncaughtException", ({ message }) => failures.push({ name: "outside of the tests", message }));

const runner: VitestRunner = {
  config: {
    root: process.cwd(),
    setupFiles: [],
    name: undefined,
    passWithNoTests: true,
    testNamePattern: pattern === undefined ? undefined : new RegExp(pattern),
    allowOnly: true,
    sequence: { seed: 0, hooks: "stack", setupFiles: "list" },
    chaiConfig: undefined,
    maxConcurrency: 1,
    testTimeout: 120_000,
    hookTimeout: 120_000,
    retry: 0,
    includeTaskLocation: false,
    tags: [],
    tagsFilter: undefined,
    strictTags: false,
  },
  importFile: (file) => import(pathToFileURL(file).href),
};

const files = await startTests([path], runner);
for (const file of files) count(file, []);
// Errors of the device may come after the last test.
await new Promise((resolve) => setTimeout(resolve, 50));
const report: TestReport = { ...counts, failures };
process.stdout.write(`\n${JSON.stringify(report)}\n`, () => process.exit(failures.length === 0 ? 0 : 1));

/** Adds up tests; a suite that failed by itself is a failure of its own. */
function count(task: Task, above: readonly string[]): void {
  const names = "tasks" in task && task.type === "suite" && task.file === task ? [] : [...above, task.name];
  const skips: readonly RunMode[] = ["skip", "todo"];
  const errors = task.result?.errors ?? [];
  if ("tasks" in task) for (const child of task.tasks) count(child, names);
  if (errors.length > 0)
    failures.push({
      name: names.join(" > "),
      message: errors.map((error) => error.message.slice(0, 500)).join("\n"),
    });
  else if (task.type === "test")
    if (skips.includes(task.mode) || task.result?.state === "skip") counts.skipped++;
    else counts.passed++;
}
