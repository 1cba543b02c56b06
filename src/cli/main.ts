#!/usr/bin/env node
import { setFlagsFromString } from "node:v8";
import { run } from "./program.js";

try {
  // Node 20 has relaxed SIMD behind a flag; it must be set before anything is compiled.
  if (process.versions.node.startsWith("20.")) setFlagsFromString("--experimental-wasm-relaxed-simd");
} catch {
  // Only slower without.
}

// A reader that closes early, such as head, is no failure.
process.stdout.on("error", (error: NodeJS.ErrnoException) => process.exit(error.code === "EPIPE" ? 0 : 1));

process.exitCode = await run(process.argv.slice(2), process.stdout, process.stderr);
