#!/usr/bin/env node
/**
 * Bundles a benchmark with esbuild and runs it with this very Node:
 *
 *   node bench/run.mjs [main] [options]       engines beside their peers (npm run bench)
 *   node bench/run.mjs roofline [options]     what the machine can do (npm run bench:roofline)
 *   node bench/run.mjs kernels [options]      convolution kernels at real layer shapes (npm run bench:kernels)
 *
 * To measure another version of Node, call it by its path: /path/to/node bench/run.mjs.
 */
import { execFileSync, spawn } from "node:child_process";
import { rmSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const root = fileURLToPath(new URL("..", import.meta.url));
const programs = ["main", "roofline", "kernels"];
const given = process.argv.slice(2);
const program = programs.includes(given[0]) ? given.shift() : "main";
// A folder of its own, so that two runs at a time do not overwrite each other's bundles.
const outdir = `${root}node_modules/.cache/unifool/bench-${process.pid}`;

execFileSync(process.execPath, [`${root}build.mjs`, "--kernels"], { stdio: "inherit" });
await build({
  entryPoints: {
    main: `${root}bench/main.ts`,
    cold: `${root}bench/cold.ts`,
    peer: `${root}bench/peers/node.ts`,
    roofline: `${root}bench/roofline/main.ts`,
    roofline_worker: `${root}bench/roofline/worker.ts`,
    kernels: `${root}bench/kernels/main.ts`,
  },
  outdir,
  outExtension: { ".js": ".mjs" },
  bundle: true,
  splitting: true,
  platform: "node",
  target: "node20",
  format: "esm",
  packages: "external",
  logLevel: "error",
});

const child = spawn(process.execPath, ["--expose-gc", `${outdir}/${program}.mjs`, ...given], {
  stdio: "inherit",
  cwd: process.cwd(),
  env: { ...process.env, UNIFOOL_ROOT: root },
});
for (const signal of ["SIGINT", "SIGTERM"]) process.on(signal, () => child.kill(signal));
child.on("exit", (code, signal) => {
  rmSync(outdir, { recursive: true, force: true });
  if (signal) console.error(`bench: ended by ${signal}`);
  process.exitCode = code ?? 1;
});
