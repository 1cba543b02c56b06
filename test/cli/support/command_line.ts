import { spawn } from "node:child_process";
import { mkdirSync } from "node:fs";
import { Writable } from "node:stream";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { run } from "../../../src/cli/program.js";

const root = fileURLToPath(new URL("../../..", import.meta.url));

export interface Finished {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/**
 * Bundles the command line as `build.mjs` does, from the sources as they are.
 *
 * @param name tells the bundles of test files that run side by side apart
 */
export async function buildCommandLine(name: string): Promise<string> {
  const folder = `${root}/node_modules/.cache/unifool/${name}`;
  mkdirSync(folder, { recursive: true });
  const outfile = `${folder}/cli.js`;
  await build({
    entryPoints: [`${root}/src/cli/main.ts`],
    outfile,
    bundle: true,
    platform: "node",
    target: "node20",
    format: "esm",
    packages: "external",
    logLevel: "error",
  });
  return outfile;
}

/**
 * Runs the command line as a process of its own.
 *
 * @param onStderr called with all of stderr so far whenever there is more, and a way to send a signal
 */
export function runCommandLine(
  cli: string,
  args: readonly string[],
  onStderr?: (text: string, kill: (signal: NodeJS.Signals) => void) => void,
): Promise<Finished> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [cli, ...args], {
      stdio: ["ignore", "pipe", "pipe"],
      timeout: 60_000, // so that a test that fails leaves no process behind
      killSignal: "SIGKILL",
    });
    let stdout = "";
    let stderr = "";
    child.stdout.on("data", (chunk) => {
      stdout += chunk;
    });
    child.stderr.on("data", (chunk) => {
      stderr += chunk;
      onStderr?.(stderr, (signal) => child.kill(signal));
    });
    child.on("error", reject);
    child.on("close", (code) => resolve({ code, stdout, stderr }));
  });
}

/** Runs the command line in this process, which is much faster; `terminal` says whether stderr is one. */
export async function runInProcess(args: readonly string[], terminal = false): Promise<Finished> {
  const [stdout, stderr] = [new Sink(false), new Sink(terminal)];
  const code = await run(args, stdout, stderr);
  return { code, stdout: stdout.text, stderr: stderr.text };
}

class Sink extends Writable {
  text = "";
  constructor(readonly isTTY: boolean) {
    super();
  }
  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    this.text += chunk.toString();
    done();
  }
}
