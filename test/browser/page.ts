/**
 * What the browser tests do inside a page, with the built package. Results are plain values that can be sent back.
 */
import {
  type Compiled,
  type CompileOptions,
  compile,
  deepfool,
  foolingRate,
  universalPerturbation,
} from "../../src/index.js";
import { randomValues } from "../support/random_values.js";
import { webgpuCases } from "./webgpu_cases.js";

/** Seeded pixels in [0, 1), the same here and in Node. */
export function randomImages(engine: Pick<Compiled, "inputShape">, count: number): Float32Array {
  const random = randomValues(count);
  const size = engine.inputShape.reduce((product, n) => product * n, 1);
  return Float32Array.from({ length: count * size }, () => random.uniform(0, 1));
}

/** Everything the engine computes, on seeded images; run in Node too, to compare. */
export async function everything(engine: Compiled) {
  const { classes } = engine;
  const images = randomImages(engine, 5);
  const size = images.length / 5;
  const { logits } = await engine.logits(images);
  const { values } = await engine.jacobian(images, { classes });
  const singles: number[] = [];
  for (let n = 0; n < 5; n++)
    singles.push(...(await engine.jacobian(images.slice(n * size, (n + 1) * size), { classes })).values);
  const nearest = await deepfool(engine, images, { classes });
  const universal = await universalPerturbation(engine, images, {
    method: "deepfool",
    radius: 0.2,
    passes: 2,
    classes,
  });
  const { rate } = await foolingRate(engine, images, universal.perturbation);
  return {
    logits: [...logits],
    jacobian: [...values],
    singles,
    deepfool: [...nearest.perturbation],
    succeeded: [...nearest.succeeded],
    universal: [...universal.perturbation],
    rate,
  };
}

/** Compiles and computes. */
async function run(model: string, options: CompileOptions) {
  using engine = await compile(model, options);
  const { backend, threads, variant, warnings } = engine;
  return { backend, threads, variant, warnings, ...(await everything(engine)) };
}

/** The error of `work` as plain values. */
function failure(work: () => Promise<unknown>) {
  return work().then(
    () => ({ name: "none", message: "it succeeded" }),
    ({ name, message }: Error) => ({ name, message }),
  );
}

/** DeepFool on so many images that it has to be interrupted. */
function longDeepfool(engine: Compiled, options?: Parameters<typeof deepfool>[2]) {
  return deepfool(engine, randomImages(engine, 2000), { classes: engine.classes, ...options });
}

/**
 * How often the page's event loop turns during each of some calls: not at all where the page's thread computes, which answers
 * a call on a single image before anything else.
 */
async function turnsDuringCalls(model: string, options: CompileOptions, calls: number) {
  using engine = await compile(model, options);
  const image = randomImages(engine, 1);
  const turns: number[] = [];
  for (const name of ["deepfool", "jacobian"] as const)
    for (let i = 0; i < calls; i++) {
      let [count, pending] = [0, true];
      const { port1, port2 } = new MessageChannel();
      port1.onmessage = () => {
        count++;
        if (pending) port2.postMessage(undefined);
        else port1.close();
      };
      port2.postMessage(undefined);
      await (name === "deepfool"
        ? deepfool(engine, image, { classes: engine.classes })
        : engine.jacobian(image, { classes: engine.classes }));
      pending = false;
      turns.push(count);
    }
  return turns;
}

/** Aborts DeepFool on the way: what it rejects with, after how many images of how many, and whether the engine is usable. */
async function abortDeepfool(model: string, options: CompileOptions) {
  using engine = await compile(model, options);
  const controller = new AbortController();
  let progress = { done: 0, total: 0 };
  const { name, message } = await failure(() =>
    longDeepfool(engine, {
      signal: controller.signal,
      onProgress(done, total) {
        progress = { done, total };
        controller.abort(new DOMException("enough", "AbortError"));
      },
    }),
  );
  const { labels } = await engine.logits(randomImages(engine, 2));
  return { name, message, ...progress, labelsAfterwards: labels.length };
}

/** A progress callback that throws: what the call rejects with, and whether the engine is usable afterwards. */
async function throwingCallback(model: string, options: CompileOptions) {
  using engine = await compile(model, options);
  const failed = await failure(() =>
    longDeepfool(engine, {
      onProgress() {
        throw new RangeError("no more");
      },
    }),
  );
  const { labels } = await engine.logits(randomImages(engine, 2));
  return { ...failed, labelsAfterwards: labels.length };
}

let kept: Compiled | undefined;

/** Compiles an engine that stays until `release`. */
async function keep(model: string, options: CompileOptions): Promise<number | undefined> {
  kept = await compile(model, options);
  return kept.threads;
}

/** Disposes it while a call is pending; how that and a later call fail. */
async function release() {
  const engine = kept as Compiled;
  // So long that the run never ends before the browser has ended the worker, which takes it seconds when it is busy.
  const forever = Promise.all(Array.from({ length: 6 }, () => longDeepfool(engine)));
  const pending = failure(() => forever);
  await new Promise((resolve) => setTimeout(resolve, 50));
  engine.dispose();
  engine.dispose();
  return { pending: await pending, later: await failure(() => engine.logits(randomImages(engine, 1))) };
}

/** Ends one of the engine's workers behind its back, during a call; how that and a later call fail. */
async function killWorker(model: string, options: CompileOptions, index: number) {
  const workers: Worker[] = [];
  const { Worker: Real } = window;
  window.Worker = class extends Real {
    constructor(url: string | URL) {
      super(url);
      workers.push(this);
    }
  };
  using engine = await compile(model, options).finally(() => {
    window.Worker = Real;
  });
  // So long that the run never ends before the browser has ended the worker, which takes it seconds when it is busy.
  const forever = Promise.all(Array.from({ length: 6 }, () => longDeepfool(engine)));
  const pending = failure(() => forever);
  await new Promise((resolve) => setTimeout(resolve, 50));
  workers[index].terminate();
  return { pending: await pending, later: await failure(() => engine.logits(randomImages(engine, 1))) };
}

export const cases = {
  run,
  compileFailure: (model: string, options: CompileOptions) => failure(() => compile(model, options)),
  turnsDuringCalls,
  abortDeepfool,
  throwingCallback,
  keep,
  release,
  killWorker,
  ...webgpuCases,
};

declare global {
  interface Window {
    cases: typeof cases;
  }
}

if (typeof window === "object") window.cases = cases;
