/** Makes bench/RESULTS.md and its charts of the results of any machines: `report [--out FILE] [FILES]`. */
import { mkdirSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { parseArgs } from "node:util";
import { root } from "../node_files.js";
import { resultsDocument } from "./document.js";
import { defaultFiles, readRuns } from "./read.js";

const HELP = `Usage: npm run bench:report -- [--out FILE] [FILES]

Makes a document with tables and charts of JSON files that the benchmarks wrote, in Node or in a browser, on any machines.

  FILES         default: bench/results/*.json and bench/gpu/results.json
  --out FILE    default: bench/RESULTS.md; charts go to the folder charts beside it
  --help`;

try {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { out: { type: "string" }, help: { type: "boolean", default: false } },
  });
  if (values.help) console.log(HELP);
  else {
    const runs = readRuns(positionals.length > 0 ? positionals : defaultFiles(root));
    const out = values.out ?? `${root}bench/RESULTS.md`;
    const charts = join(dirname(out), "charts");
    mkdirSync(charts, { recursive: true });
    for (const file of readdirSync(charts)) if (file.endsWith(".svg")) rmSync(join(charts, file));
    const drawn = resultsDocument(runs);
    for (const [path, text] of Object.entries(drawn))
      writeFileSync(path === "RESULTS.md" ? out : join(dirname(out), path), text);
    console.log(`${out}: ${runs.length} runs, ${Object.keys(drawn).length - 1} charts`);
  }
} catch (error) {
  console.error(`bench:report: ${error instanceof Error ? error.message.split("\n")[0] : String(error)}`);
  process.exitCode = 2;
}
