import { once } from "node:events";
import { Worker } from "node:worker_threads";
import { afterEach, describe, expect, test } from "vitest";
import { Const, type Dependency, funcref, i32, importFunc, importMemory, Module, table } from "wasmati";
import { BEGIN, COMMAND } from "../../src/kernels/wasm/control.js";
import { runner, threadedRunners } from "../../src/kernels/wasm/runner.js";

/** Byte addresses in the memory of the tests: of the tape, of how often each tile has run, of each thread's first tile. */
const [CONTROL, TAPE, RUNS, FIRSTS] = [64, 4096, 8192, 8192 + 4 * 4096];
const HEADER_WORDS = 4;

/** What an entry's field 1 asks of its kernel: all threads take part; the last thread is late. */
const [TOGETHER, LATE] = [1, 2];

/** The runners with one kernel, an import: `kernel(args, begin, end)`. */
function runnersModule(): WebAssembly.Module {
  const kernel = Object.assign(
    importFunc({ in: [i32, i32, i32], out: [] }, () => {}),
    { module: "env", string: "kernel" },
  );
  const kernels = table({ type: funcref, min: 1, max: 1 }, [
    Const.refFunc(kernel as never),
  ]) as Dependency.Table;
  const memory = Object.assign(importMemory({ min: 1, max: 65536, shared: true }), {
    module: "env",
    string: "memory",
  });
  const exports = { run: runner(kernels), ...threadedRunners(kernels) };
  return new WebAssembly.Module(
    Module({ exports: exports as never, memory: memory as never }).toBytes() as Uint8Array<ArrayBuffer>,
  );
}
const module = runnersModule();

/**
 * A thread, in a worker or here. Its kernel counts the runs of every tile of an entry, from field 0 on. Where field 1 is
 * a rule, its first call notes its first tile and waits until every thread has made one; the last thread if it is LATE
 * then waits until all tiles but those of this call have run.
 */
const threadSource = `({ module, memory, thread, threads, runs, firsts }) => {
  const words = new Int32Array(memory.buffer);
  const [started, done, mine] = [firsts / 4, firsts / 4 + 1, firsts / 4 + 2 + thread];
  let first = true;
  const kernel = (args, begin, end) => {
    const [offset, rule, tiles] = words.subarray(args / 4);
    for (let tile = begin; tile < end; tile++) Atomics.add(words, (runs + offset) / 4 + tile, 1);
    Atomics.add(words, done, end - begin);
    if (!first || rule === 0) return;
    first = false;
    words[mine] = begin;
    Atomics.add(words, started, 1);
    while (Atomics.load(words, started) < threads);
    if (rule === ${LATE} && thread === threads - 1) while (Atomics.load(words, done) < tiles);
  };
  return new WebAssembly.Instance(module, { env: { memory, kernel } }).exports;
}`;

interface Exports {
  run(begin: number, end: number): void;
  lead(begin: number, end: number, control: number, threads: number): void;
}

interface TestEntry {
  readonly tiles: number;
  readonly groups: number;
  readonly rule?: number;
}

const workers: Worker[] = [];
afterEach(() => Promise.all(workers.splice(0).map((worker) => worker.terminate())));

/** Runs a tape some times over and returns, for every entry, how often each of its tiles ran, and the first tiles. */
async function runTape(entries: readonly TestEntry[], threads: number, times: number) {
  const memory = new WebAssembly.Memory({ initial: 4, maximum: 65536, shared: true });
  const words = new Int32Array(memory.buffer);
  let at = TAPE / 4;
  let offset = 0;
  for (const { tiles, groups, rule = 0 } of entries) {
    const entry = [0, tiles, 4 * (HEADER_WORDS + 3), groups, offset, rule, tiles];
    words.set(entry, at);
    at += entry.length;
    offset += 4 * tiles;
  }
  const setUp = { module, memory, threads, runs: RUNS, firsts: FIRSTS };
  for (let thread = 1; thread < threads; thread++) {
    const source = `const { workerData, parentPort } = require("node:worker_threads");
      const exports = (${threadSource})(workerData);
      parentPort.postMessage("ready");
      exports.follow(${CONTROL}, ${threads}, ${thread});`;
    const worker = new Worker(source, { eval: true, workerData: { ...setUp, thread } });
    workers.push(worker);
    await once(worker, "message");
  }
  const exports = new Function(`return ${threadSource}`)()({ ...setUp, thread: 0 }) as Exports;
  for (let time = 0; time < times; time++)
    if (threads === 1) exports.run(TAPE, 4 * at);
    else exports.lead(TAPE, 4 * at, CONTROL, threads);
  // Followers leave on the command that begins nowhere.
  words[(CONTROL + BEGIN) / 4] = 0;
  const ends = workers.map((worker) => once(worker, "exit"));
  Atomics.add(new BigInt64Array(memory.buffer, CONTROL + COMMAND, 1), 0, 1n);
  Atomics.notify(words, (CONTROL + COMMAND) / 4);
  await Promise.all(ends);
  workers.length = 0;
  let next = RUNS / 4;
  const runs = entries.map(({ tiles }) => {
    next += tiles;
    return [...words.subarray(next - tiles, next)];
  });
  return { runs, firsts: [...words.subarray(FIRSTS / 4 + 2, FIRSTS / 4 + 2 + threads)] };
}

const shapes: TestEntry[] = [
  { tiles: 1, groups: 1 },
  { tiles: 2, groups: 2 },
  { tiles: 7, groups: 1 },
  { tiles: 64, groups: 1 },
  { tiles: 48, groups: 3 },
  { tiles: 45, groups: 3 },
  { tiles: 34, groups: 17 },
  { tiles: 500, groups: 5 },
  { tiles: 3, groups: 1 },
];

describe("the tape runner", () => {
  test.each([1, 2, 3, 5])("runs every tile once, %i threads", async (threads) => {
    const times = 200;
    const { runs } = await runTape(shapes, threads, times);
    expect(runs).toEqual(shapes.map(({ tiles }) => Array.from({ length: tiles }, () => times)));
  });

  test.each([
    ["one group", { tiles: 100, groups: 1 }, [0, 33, 66]],
    ["several groups", { tiles: 180, groups: 3 }, [0, 20, 40]],
    ["groups of a few tiles are one", { tiles: 30, groups: 10 }, [0, 10, 20]],
  ])("gives each thread its own part first: %s", async (_, shape, expected) => {
    const { firsts } = await runTape([{ ...shape, rule: TOGETHER }], 3, 1);
    expect(firsts).toEqual(expected);
  });

  test("others run the part of a thread that is late", async () => {
    // The late thread leaves its first chunk only once all other tiles have run.
    const { runs } = await runTape([{ tiles: 400, groups: 1, rule: LATE }], 2, 1);
    expect(runs).toEqual([Array.from({ length: 400 }, () => 1)]);
  });
});
