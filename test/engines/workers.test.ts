import { execFile } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { promisify } from "node:util";
import { build } from "esbuild";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { createWasmEngine } from "../../src/engines/wasm/engine.js";
import { workerSource } from "../../src/engines/wasm/threads/worker.generated.js";
import { EngineError } from "../../src/errors.js";
import { COMMAND } from "../../src/kernels/wasm/control.js";
import { resolveInput } from "../../src/network/input.js";
import { imagesOf, mixedNetwork } from "./mixed_network.js";

const network = mixedNetwork(10);
const input = resolveInput(undefined, 3);
const images = imagesOf(network, 4);

let folder = "";
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "unifool-workers-"));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Writes a worker script and returns its URL. */
function script(name: string, source: string): URL {
  const path = join(folder, name);
  writeFileSync(path, source);
  return pathToFileURL(path);
}

const receive = `const { parentPort } = require("node:worker_threads"); parentPort.on("message", `;

describe("a worker that cannot start", () => {
  const scripts: Record<string, string> = {
    "throws at once": 'throw new Error("no luck");',
    "is no JavaScript": "this is not JavaScript",
    "ends at once": "",
    "exits when it is told what to do": `${receive} () => process.exit(3));`,
    "throws when it is told what to do": `${receive} () => { throw new Error("no luck"); });`,
    "throws a text": `${receive} () => { throw "no luck"; });`,
  };
  test.each(Object.entries(scripts))("%s", { timeout: 20_000 }, async (name, source) => {
    const workerUrl = script(`${name.replaceAll(" ", "_")}.cjs`, source);
    for (const threads of [1, 3]) {
      const started = createWasmEngine(network, input, { threads, workerUrl });
      const error = await started.then(
        () => undefined,
        (reason: unknown) => reason,
      );
      expect(error).toBeInstanceOf(EngineError);
      expect((error as Error).message).toMatch(/^compile: could not start .*expected/);
      expect((error as Error).message).not.toContain("\n");
    }
  });

  test("never answers", async () => {
    const workerUrl = script("silent.cjs", `${receive} () => {});`);
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    try {
      let error: unknown;
      const started = createWasmEngine(network, input, { threads: 2, workerUrl }).catch((reason) => {
        error = reason;
      });
      while (error === undefined) {
        await vi.advanceTimersByTimeAsync(20_000);
        await new Promise((resolve) => setImmediate(resolve));
      }
      await started;
      expect(error).toBeInstanceOf(EngineError);
      expect((error as Error).message).toMatch(
        /^compile: could not start 2 workers \(worker . said nothing for/,
      );
    } finally {
      vi.useRealTimers();
    }
  });

  test("is not there", async () => {
    const workerUrl = pathToFileURL(join(folder, "missing.js"));
    await expect(createWasmEngine(network, input, { threads: 2, workerUrl })).rejects.toThrow(EngineError);
    await expect(createWasmEngine(network, input, { threads: 2, workerUrl: workerUrl.href })).rejects.toThrow(
      EngineError,
    );
  });
});

describe("a worker that dies later", () => {
  test("the leader, in a call", { timeout: 20_000 }, async () => {
    const workerUrl = script(
      "dies_in_a_call.cjs",
      `${receive} (m) => m.plan ? parentPort.postMessage({ kind: "ready" }) : process.exit(7));`,
    );
    const engine = await createWasmEngine(network, input, { threads: 1, workerUrl });
    const calls = [engine.logits(images), engine.jacobian(images, { classes: 2 })];
    for (const call of calls) await expect(call).rejects.toThrow(/worker 0 died .*7/);
    await expect(engine.logits(images)).rejects.toThrow(EngineError);
    engine.dispose();
  });

  test("a follower, while the leader waits for it", { timeout: 20_000 }, async () => {
    // Thread 1 says that it is ready, follows nothing and exits once it is called: the leader sits at the first barrier.
    const workerUrl = script(
      "follower_dies.cjs",
      `const { parentPort } = require("node:worker_threads");
       parentPort.once("message", (m) => {
         if (m.thread === 1) {
           parentPort.postMessage({ kind: "ready" });
           const commands = new BigInt64Array(m.memory.buffer, m.plan.control + ${COMMAND}, 1);
           setInterval(() => Atomics.load(commands, 0) > 0n && process.exit(1), 20);
           return;
         }
         (0, eval)(${JSON.stringify(workerSource)});
         parentPort.emit("message", m);
       });`,
    );
    const engine = await createWasmEngine(network, input, { threads: 2, workerUrl });
    await expect(engine.logits(images)).rejects.toThrow(/worker 1 died/);
    await expect(engine.jacobian(images, { classes: 2 })).rejects.toThrow(EngineError);
    engine.dispose();
  });

  test("the script of the package works from a URL", async () => {
    const workerUrl = script("worker.cjs", workerSource);
    using engine = await createWasmEngine(network, input, { threads: 2, workerUrl });
    using own = await createWasmEngine(network, input, { threads: 2 });
    expect((await engine.logits(images)).logits).toEqual((await own.logits(images)).logits);
  });
});

describe("the process", () => {
  /** Bundles a program that may import `engine` and `network`, and runs it in a Node of its own. */
  async function run(name: string, program: string): Promise<string> {
    const outfile = join(folder, `${name}.mjs`);
    const here = fileURLToPath(new URL(".", import.meta.url));
    await build({
      stdin: {
        contents: `import { createWasmEngine } from "../../src/engines/wasm/engine.js";
          import { resolveInput } from "../../src/network/input.js";
          import { imagesOf, mixedNetwork } from "./mixed_network.js";
          const network = mixedNetwork(10);
          const images = imagesOf(network, 4);
          const input = resolveInput(undefined, 3);
          ${program}`,
        resolveDir: here,
        loader: "ts",
      },
      outfile,
      bundle: true,
      platform: "node",
      format: "esm",
      target: "node20",
      logLevel: "error",
    });
    const { stdout } = await promisify(execFile)(process.execPath, [outfile], { timeout: 30_000 });
    return stdout;
  }

  test.each([1, 2, 4])("ends by itself with an engine of %i threads left undisposed", async (threads) => {
    const printed = await run(
      `undisposed_${threads}`,
      `const engine = await createWasmEngine(network, input, { threads: ${threads} });
       const { values } = await engine.jacobian(images, { classes: 10 });
       console.log(values.some((v) => v !== 0) ? "computed" : "zeros");`,
    );
    expect(printed).toBe("computed\n");
  });

  test("stays for a call that nobody awaits", async () => {
    const printed = await run(
      "pending",
      `createWasmEngine(network, input, { threads: 2 }).then((engine) => {
         engine.jacobian(images, { classes: 3 }).then(() => console.log("first"));
         engine.logits(images).then(() => console.log("second"));
       });`,
    );
    expect(printed).toBe("first\nsecond\n");
  });

  test("ends the workers of an engine that was dropped, and not those of a pending call", async () => {
    const printed = await run(
      "dropped",
      `import { setFlagsFromString } from "node:v8";
       import { runInNewContext } from "node:vm";
       import workerThreads from "node:worker_threads";
       setFlagsFromString("--expose-gc");
       const collect = runInNewContext("gc");
       let [started, ended] = [0, 0];
       process.getBuiltinModule("node:worker_threads").Worker = class extends workerThreads.Worker {
         constructor(...args) {
           super(...args);
           started++;
           this.once("exit", () => ended++);
         }
       };
       const settle = async (done) => {
         for (let round = 0; round < 100 && !done(); round++) {
           collect();
           await new Promise((resolve) => setTimeout(resolve, 20));
         }
       };
       const begin = async () => {
         const engine = await createWasmEngine(network, input, { threads: 2 });
         await engine.logits(images);
         return [engine.jacobian(images, { classes: 10 }), engine.logits(images)];
       };
       const pending = await begin();
       collect();
       const answers = await Promise.all(pending.splice(0));
       console.log(answers.length, started);
       answers.splice(0);
       await settle(() => ended === 2);
       console.log(ended);`,
    );
    expect(printed).toBe("2 2\n2\n");
  });

  test("ends after dispose, also in the middle of a call", async () => {
    const printed = await run(
      "disposed",
      `const engine = await createWasmEngine(network, input, { threads: 2 });
       const pending = engine.jacobian(images, { classes: 10 });
       engine.dispose();
       await pending.catch((error) => console.log(error.name));`,
    );
    expect(printed).toBe("EngineError\n");
  });
});
