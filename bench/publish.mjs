#!/usr/bin/env node
/**
 * Takes the numbers that README.md and bench/README.md publish, as a user of each Node gets them: Node 20 has plain SIMD,
 * Node 24 fused multiply-add. Node comes from npm; results go to bench/results/, and `npm run docs` makes the tables of them.
 *
 *   node bench/publish.mjs [options of the benchmark]
 */
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { root } from "./bundle.mjs";

const VERSIONS = [20, 24];
const options = ["--networks", "resnet20,squeezenet,mobilenetv2", "--threads", "0,2", "--no-profile"];

/** Runs a program of this terminal; its failure is ours. */
const run = (program, args, cwd = root) => {
  const { status } = spawnSync(program, args, { cwd, stdio: "inherit" });
  if (status !== 0) process.exit(status ?? 1);
};

const folder = mkdtempSync(join(tmpdir(), "unifool-node-"));
process.on("exit", () => rmSync(folder, { recursive: true, force: true }));
for (const version of VERSIONS) {
  const own = join(folder, String(version));
  const install = [
    "install",
    "--no-save",
    "--no-audit",
    "--no-fund",
    "--foreground-scripts",
    "--prefix",
    own,
  ];
  run("npm", [...install, `node@${version}`]);
  const bench = ["bench/run.mjs", ...options, ...process.argv.slice(2)];
  run(join(own, "node_modules/node/bin/node"), [...bench, "--json", `bench/results/node${version}.json`]);
}
