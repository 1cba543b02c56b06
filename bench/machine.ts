import { execFileSync } from "node:child_process";
import { cpus, totalmem } from "node:os";
import { root } from "./networks.js";

/** Where and how numbers were taken. */
export interface Machine {
  readonly cpu: string;
  readonly cores: number;
  readonly memoryGB: number;
  readonly platform: string;
  readonly node: string;
  readonly v8: string;
  readonly date: string;
  readonly command: string;
  /** Commit of the checkout, with "+" where files differ from it. */
  readonly commit?: string;
}

export function describeMachine(): Machine {
  const cores = cpus();
  return {
    cpu: cores[0]?.model.trim() ?? "unknown",
    cores: cores.length,
    memoryGB: Math.round(totalmem() / 2 ** 30),
    platform: `${process.platform} ${process.arch}`,
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

/** Two lines for the top of a report. */
export function machineText(m: Machine): string {
  return `${m.cpu}, ${m.cores} cores, ${m.memoryGB} GB, ${m.platform}\nNode ${m.node} (V8 ${m.v8}), ${m.date}, commit ${m.commit ?? "unknown"}\n${m.command}`;
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
