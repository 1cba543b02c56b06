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
  const universal = await universalPerturbation(engine, images, { radius: 0.2, passes: 2, classes });
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

/** The error of `work` as plain values, and how long it took to come. */
async function failure(work: () => Promise<unknown>) {
  const start = performance.now();
  const error = await work().then(
    () => ({ name: "none", message: "it succeeded" }),
    ({ name, message }: Error) => ({ name, message }),
  );
  return { ...error, milliseconds: performance.now() - start };
}

/** DeepFool on so many images that it has to be interrupted. */
function longDeepfool(engine: Compiled, options?: Parameters<typeof deepfool>[2]) {
  return deepfool(engine, randomImages(engine, 2000), { classes: engine.classes, ...options });
}

/** How evenly timers fire while DeepFool runs on 200 images, again and again until `duration` ms have passed. */
async function ticksDuringDeepfool(model: string, options: CompileOptions, duration: number) {
  using engine = await compile(model, options);
  const images = randomImages(engine, 200);
  let running = true;
  let ticks = 0;
  let longestGap = 0;
  let last = performance.now();
  const start = last;
  const tick = (): void => {
    const now = performance.now();
    longestGap = Math.max(longestGap, now - last);
    last = now;
    ticks++;
    if (running) setTimeout(tick);
  };
  tick();
  while (performance.now() - start < duration) await deepfool(engine, images, { classes: engine.classes });
  running = false;
  return { ticks, longestGap };
}

/** Aborts DeepFool on the way: what it rejects with, how soon, and whether the engine is usable afterwards. */
async function abortDeepfool(model: string, options: CompileOptions) {
  using engine = await compile(model, options);
  const controller = new AbortController();
  let abortedAt = 0;
  const { name, message } = await failure(() =>
    longDeepfool(engine, {
      signal: controller.signal,
      onProgress() {
        abortedAt ||= performance.now();
        controller.abort(new DOMException("enough", "AbortError"));
      },
    }),
  );
  const milliseconds = performance.now() - abortedAt;
  const { labels } = await engine.logits(randomImages(engine, 2));
  return { name, message, milliseconds, labelsAfterwards: labels.length };
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
  ticksDuringDeepfool,
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
