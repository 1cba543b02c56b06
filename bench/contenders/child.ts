import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { createInterface, type Interface } from "node:readline";
import { sizeOf } from "../../src/network/spec.js";
import { type Case, ordersOf, RADIUS, type Result } from "../case.js";
import { TemporaryFolder } from "../endings.js";
import type { BenchNetwork } from "../networks.js";
import { Absent, type Contender } from "./contender.js";

/** One JSON object a line, either way. */
export type Message = Readonly<Record<string, unknown>>;

/**
 * A peer in a process of its own, so that its threads, heaps and settings are its own and it keeps its own time. It
 * answers `open`, `prepare` and `time`; see `bench/peers`.
 */
export class Child {
  private readonly lines: Interface;
  private readonly answers: AsyncIterator<string>;
  private complaint = "";
  private constructor(
    private readonly child: ChildProcess,
    private readonly files: TemporaryFolder,
  ) {
    this.lines = createInterface({ input: child.stdout as NodeJS.ReadableStream });
    this.answers = this.lines[Symbol.asyncIterator]();
    // Not even a run that is cut short leaves a peer at work; its folder goes after it.
    process.prependListener("exit", this.kill);
    // A peer that dies shows as the end of its answers; what it last complained of says why.
    child.on("error", (error) => {
      this.complaint = error.message;
    });
    child.stdin?.on("error", () => undefined);
    child.stderr?.on("data", (text: Buffer) => {
      this.complaint = text.toString().trim().split("\n").at(-1) ?? "";
    });
  }

  /** @throws Absent if the command cannot be run or answers `open` with an error */
  static async start(
    command: string,
    args: readonly string[],
    open: (folder: string) => Promise<Message>,
  ): Promise<{ child: Child; answer: Message }> {
    const files = new TemporaryFolder("unifool-bench-");
    const child = new Child(spawn(command, args, { stdio: "pipe" }), files);
    try {
      return { child, answer: await child.ask({ do: "open", ...(await open(files.path)) }) };
    } catch (error) {
      await child.stop();
      throw new Absent(error instanceof Error ? error.message : String(error));
    }
  }

  async ask(message: Message): Promise<Message> {
    this.child.stdin?.write(`${JSON.stringify(message)}\n`);
    const { value, done } = await this.answers.next();
    if (done)
      throw new Error(`the process ended (${this.complaint || `exit status ${this.child.exitCode}`})`);
    const answer = JSON.parse(value) as Message;
    if (typeof answer.error === "string") throw new Error(answer.error);
    return answer;
  }

  get folder(): string {
    return this.files.path;
  }

  private readonly kill = (): void => void this.child.kill("SIGKILL");

  async stop(): Promise<void> {
    this.lines.close();
    this.child.stdin?.end();
    const { exitCode, signalCode, pid } = this.child;
    if (exitCode === null && signalCode === null && pid !== undefined) {
      this.kill();
      await once(this.child, "exit");
    }
    process.off("exit", this.kill);
    this.files.remove();
  }
}

/** A contender whose work is done by a child process. `ops`: what it can do. */
export function childContender(
  child: Child,
  { network, images }: BenchNetwork,
  labels: Pick<Contender, "engine" | "variant" | "threads">,
  ops: readonly Case["op"][],
): Contender {
  const name = `${labels.engine}/${labels.variant}`;
  const size = sizeOf(network.input.shape);
  let written = 0;
  return {
    ...labels,
    ours: false,
    async prepare(c) {
      if (!ops.includes(c.op)) return undefined;
      const path = join(child.folder, "images.bin");
      const needed = (c.first ?? 0) + c.batch;
      if (written < needed) await writeFile(path, images.values.subarray(0, needed * size));
      written = Math.max(written, needed);
      const out = join(child.folder, "result.bin");
      const universal = c.op === "uap_pass" ? { radius: RADIUS, orders: ordersOf(c) } : {};
      const answer = await child.ask({ do: "prepare", ...c, images: path, out, ...universal });
      return {
        result: await readResult(c, answer, out),
        how: typeof answer.how === "string" ? answer.how : undefined,
        timed: {
          name,
          warmUpMilliseconds: 300,
          sample: async (milliseconds) => {
            const { samples } = await child.ask({ do: "time", milliseconds });
            return samples as number[];
          },
        },
      };
    },
    close: () => void child.stop(),
  };
}

async function readResult({ op }: Case, answer: Message, out: string): Promise<Result> {
  const floats = (key: string): Float32Array => Float32Array.from((answer[key] ?? []) as number[]);
  const integers = (key: string): Int32Array => Int32Array.from((answer[key] ?? []) as number[]);
  const values = async (): Promise<Float32Array> => {
    const bytes = await readFile(out);
    return new Float32Array(bytes.buffer, bytes.byteOffset, bytes.length / 4);
  };
  switch (op) {
    case "logits":
      return { op, logits: floats("logits") };
    case "jacobian":
    case "gradient":
      return { op, logits: floats("logits"), classes: integers("classes"), values: await values() };
    case "deepfool":
    case "deepfool_foolbox":
    case "deepfool_step":
      return {
        op,
        perturbation: await values(),
        labels: integers("labels"),
        newLabels: integers("newLabels"),
        iterations: integers("iterations"),
      };
    case "uap_pass":
      return { op, perturbation: await values(), rate: answer.rate as number };
  }
}
