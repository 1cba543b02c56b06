/**
 * What a machine's GPU says of us: the tests that compute on it, then our engine beside its peers there. One JSON file and
 * tables come out. `--help` lists the options.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { exitOnSignals, TemporaryFolder } from "../endings.js";
import { describeMachine } from "../machine.js";
import { machineText } from "../runtime.js";
import { adapterText, describeAdapter } from "./adapter.js";
import { runTests, testText } from "./tests.js";

const HELP = `Usage: npm run bench:gpu -- [options] [-- options of npm run bench, such as --seconds 0.5]

Runs the tests that compute on a GPU on the machine's own adapter, then the benchmark's rows for one.

  --json FILE       write everything to a file
  --no-tests        leave the tests out
  --no-rows         leave the benchmark out
  --tests REGEXP    only tests whose full name matches
  --files REGEXP    only test files whose name matches
  --jobs N          test files at a time (4)
  --help

UNIFOOL_GPU chooses another adapter: software, lavapipe or swiftshader.`;

/** The folder of the bundles. */
const here = fileURLToPath(new URL(".", import.meta.url));

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      json: { type: "string" },
      tests: { type: "string" },
      files: { type: "string" },
      "no-tests": { type: "boolean", default: false },
      "no-rows": { type: "boolean", default: false },
      jobs: { type: "string", default: "4" },
      help: { type: "boolean", default: false },
    },
  });
  if (values.help) {
    console.log(HELP);
    return;
  }
  process.env.UNIFOOL_GPU ??= "real";
  const machine = describeMachine();
  const adapter = await describeAdapter();
  console.log(`${machineText(machine)}\n${adapterText(adapter)}\n`);
  const only = { files: values.files, tests: values.tests };
  const tests = values["no-tests"] ? undefined : await runTests(here, Number(values.jobs), only);
  if (tests) console.log(`${testText(tests)}\n`);
  const rows = values["no-rows"] ? undefined : await runRows(positionals);
  if (values.json) {
    const report = { machine, adapter, tests, benchmark: rows?.report };
    writeFileSync(values.json, `${JSON.stringify(report, null, 1)}\n`);
  }
  if (tests?.some((file) => file.failures.length > 0) || rows?.passed === false) process.exitCode = 1;
}

/** The benchmark as a process of its own: a driver may end it. */
async function runRows(
  options: readonly string[],
): Promise<{ readonly passed: boolean; readonly report: unknown }> {
  const folder = new TemporaryFolder("unifool-gpu-");
  const json = join(folder.path, "rows.json");
  const args = ["--expose-gc", `${here}main.mjs`, "--gpu", "--json", json, ...options];
  const child = spawn(process.execPath, args, { stdio: "inherit" });
  const kill = (): void => void child.kill();
  process.on("exit", kill);
  const [status] = (await once(child, "exit")) as [number | null];
  process.off("exit", kill);
  const report = existsSync(json) ? (JSON.parse(readFileSync(json, "utf8")) as unknown) : undefined;
  folder.remove();
  return { passed: status === 0, report };
}

exitOnSignals((line) => console.error(`bench:gpu: ${line}`));
await main().catch((error: Error) => {
  console.error(`bench:gpu: ${error.message.split("\n")[0]}`);
  process.exitCode = 2;
});
process.exit();
