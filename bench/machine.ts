import { execFileSync } from "node:child_process";
import { cpus, totalmem } from "node:os";
import { root } from "./node_files.js";
import type { Machine } from "./runtime.js";

/** This machine, with this Node. */
export function describeMachine(): Machine {
  const cores = cpus();
  return {
    cpu: cores[0]?.model.trim() ?? "unknown",
    cores: cores.length,
    memoryGB: Math.round(totalmem() / 2 ** 30),
    platform: `${process.platform} ${process.arch}`,
    runtime: { name: "Node", version: process.version, isolated: true },
    node: process.version,
    v8: process.versions.v8,
    date: new Date().toISOString(),
    command: [
      "node bench/run.mjs",
      process.argv[1].replace(/^.*\/|\.mjs$/g, ""),
      ...process.argv.slice(2),
    ].join(" "),
    commit: commit(),
  };
}

function commit(): string | undefined {
  if (process.env.UNIFOOL_COMMIT) return process.env.UNIFOOL_COMMIT;
  try {
    const git = (...args: string[]): string =>
      execFileSync("git", ["-C", root, ...args], {
        encoding: "utf8",
        stdio: ["ignore", "pipe", "ignore"],
      }).trim();
    return git("rev-parse", "--short", "HEAD") + (git("status", "--porcelain", "src") === "" ? "" : "+");
  } catch {
    return undefined;
  }
}
