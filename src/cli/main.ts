#!/usr/bin/env node
import { setFlagsFromString } from "node:v8";
import { oneLine } from "./errors.js";
import { run } from "./program.js";

try {
  // Node 20 has relaxed SIMD behind a flag; it must be set before anything is compiled.
  if (process.versions.node.startsWith("20.")) setFlagsFromString("--experimental-wasm-relaxed-simd");
} catch {
  // Only slower without.
}

// Where nobody reads what is said of the progress, or can, the work goes on: results are saved all the same.
process.stderr.on("error", () => {});
// Results are printed once they are saved. A reader that closes early, such as head, is no failure.
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code === "EPIPE") process.exit(0);
  process.stderr.write(`unifool: results cannot be printed: ${oneLine(error)}\n`, () => process.exit(1));
});

process.exitCode = await run(process.argv.slice(2), process.stdout, process.stderr);
