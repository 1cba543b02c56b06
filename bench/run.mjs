#!/usr/bin/env node
/**
 * Bundles a benchmark with esbuild and runs it with this very Node:
 *
 *   node bench/run.mjs [main] [options]       engines beside their peers (npm run bench)
 *   node bench/run.mjs roofline [options]     what the machine can do (npm run bench:roofline)
 *   node bench/run.mjs kernels [options]      convolution kernels at real layer shapes (npm run bench:kernels)
 *   node bench/run.mjs weights [options]      what weights in half precision cost in accuracy (npm run bench:weights)
 *   node bench/run.mjs raw [options]          the raw kernels of unifool/kernels beside their loops (npm run bench:raw)
 *   node bench/run.mjs rules [options]        which rule makes the best universal perturbation (npm run bench:rules)
 *   node bench/run.mjs minimal [options]      how small each method's perturbations are (npm run bench:minimal)
 *   node bench/run.mjs rates [options]        how soon a fooling rate is reached (npm run bench:rates)
 *   node bench/run.mjs goals [options]        one class for all images, and no images at all (npm run bench:goals)
 *   node bench/run.mjs browser [options]      the same cases in a headless Chromium (npm run bench:browser)
 *   node bench/run.mjs report [files]         a document of the results of any machines (npm run bench:report)
 *   node bench/run.mjs gpu [options]          tests and engines on the machine's GPU (npm run bench:gpu)
 *   node bench/run.mjs gpu_profile [options]  every dispatch of a Jacobian by the clock of the GPU
 *
 * To measure another version of Node, call it by its path: /path/to/node bench/run.mjs.
 */
import { execFileSync, spawn } from "node:child_process";
import { rmSync } from "node:fs";
import { bundle, root } from "./bundle.mjs";

const programs = [
  "main",
  "roofline",
  "kernels",
  "weights",
  "raw",
  "rules",
  "minimal",
  "rates",
  "goals",
  "browser",
  "report",
  "gpu",
  "gpu_profile",
];
const given = process.argv.slice(2);
const program = programs.includes(given[0]) ? given.shift() : "main";
// A folder of its own, so that two runs at a time do not overwrite each other's bundles.
const outdir = `${root}node_modules/.cache/unifool/bench-${process.pid}`;

execFileSync(process.execPath, [`${root}build.mjs`, "--kernels"], { stdio: "inherit" });
await bundle(outdir, { gpu: program.startsWith("gpu") });

const child = spawn(process.execPath, ["--expose-gc", `${outdir}/${program}.mjs`, ...given], {
  stdio: "inherit",
  cwd: process.cwd(),
  // The bundles lie elsewhere than the sources that look for these folders.
  env: { UNIFOOL_SHARED: `${root}../shared`, ...process.env, UNIFOOL_ROOT: root },
});
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, () => child.kill(signal));
child.on("exit", (code, signal) => {
  rmSync(outdir, { recursive: true, force: true });
  if (signal) console.error(`bench: ended by ${signal}`);
  process.exitCode = code ?? 1;
});
