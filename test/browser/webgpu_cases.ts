/** What the browser tests do on WebGPU inside a page. Results are plain values that can be sent back. */
import { type Compiled, compile, deepfool } from "../../src/index.js";
import { observe } from "../support/observed_device.js";
import { randomValues } from "../support/random_values.js";

async function requestDevice(): Promise<GPUDevice> {
  const adapter = await navigator.gpu.requestAdapter();
  if (!adapter) throw new Error("no adapter");
  return adapter.requestDevice();
}

function seededImages({ inputShape }: Compiled, count: number): Float32Array {
  const random = randomValues(count);
  const length = inputShape.reduce((product, n) => product * n, count);
  return Float32Array.from({ length }, () => random.uniform(0, 1));
}

/** Logits, gradients and a DeepFool run, one after the other in one list. */
async function results(engine: Compiled): Promise<number[]> {
  const images = seededImages(engine, 4);
  const { logits } = await engine.logits(images);
  const { values } = await engine.jacobian(images, { classes: engine.classes });
  const { perturbation } = await deepfool(engine, images, { classes: engine.classes });
  return [...logits, ...values, ...perturbation];
}

/** What a promise is rejected with. */
const failure = (work: Promise<unknown>) =>
  work.then(
    () => ({ name: "none", message: "it succeeded" }),
    ({ name, message }: Error) => ({ name, message }),
  );

/** A device of the page's own: what is on it while an engine lives and afterwards, and whether it can be used again. */
async function passDevice(model: string) {
  const { device, live } = observe(await requestDevice());
  const engine = await compile(model, { backend: "webgpu", device });
  const first = await results(engine);
  const buffers = live.size;
  engine.dispose();
  const left = live.size;
  const later = await failure(engine.logits(seededImages(engine, 1)));
  using again = await compile(model, { backend: "webgpu", device });
  return { buffers, left, later, first, again: await results(again) };
}

/** A device whose buffers hold no more than `bytes`: the same results, of more submissions? */
async function limitDevice(model: string, bytes: number) {
  const run = async (limits: Parameters<typeof observe>[1]) => {
    const observed = observe(await requestDevice(), limits);
    using engine = await compile(model, { backend: "webgpu", device: observed.device });
    const values = await results(engine);
    return { values, submissions: observed.submissions, largest: observed.largest };
  };
  return {
    whole: await run({}),
    pieces: await run({ maxStorageBufferBindingSize: bytes, maxBufferSize: bytes }),
  };
}

/** Destroys the device behind an engine during its calls: how they fail, and the results of a new engine. */
async function loseDevice(model: string) {
  const device = await requestDevice();
  using engine = await compile(model, { backend: "webgpu", device });
  const before = await results(engine);
  const images = seededImages(engine, 200);
  const pending = [engine.jacobian(images, { classes: 2 }), engine.logits(images)].map(failure);
  device.destroy();
  const failed = [...(await Promise.all(pending)), await failure(engine.logits(images))];
  using again = await compile(model, { backend: "webgpu" });
  return { failed, before, after: await results(again) };
}

/** A progress callback that throws: what DeepFool rejects with, and whether the engine is usable afterwards. */
async function throwOnProgress(model: string) {
  using engine = await compile(model, { backend: "webgpu" });
  const failed = await failure(
    deepfool(engine, seededImages(engine, 20), {
      classes: engine.classes,
      onProgress() {
        throw new RangeError("no more");
      },
    }),
  );
  return { ...failed, results: await results(engine) };
}

/** The same in a worker, without anything of the page. */
async function inWorker(model: string) {
  const source = `
    import { compile } from "${location.origin}/dist/index.js";
    onmessage = async ({ data: { model, images } }) => {
      try {
        const engine = await compile(model, { backend: "webgpu" });
        const { values } = await engine.jacobian(images, { classes: engine.classes });
        engine.dispose();
        postMessage([...values]);
      } catch (error) {
        postMessage(error.name + ": " + error.message);
      }
    };`;
  using engine = await compile(model, { backend: "webgpu" });
  const images = seededImages(engine, 4);
  const { values } = await engine.jacobian(images, { classes: engine.classes });
  const worker = new Worker(URL.createObjectURL(new Blob([source], { type: "text/javascript" })), {
    type: "module",
  });
  const found = await new Promise<number[] | string>((resolve) => {
    worker.onmessage = ({ data }) => resolve(data);
    worker.onerror = ({ message }) => resolve(message);
    worker.postMessage({ model: new URL(model, location.href).href, images });
  });
  worker.terminate();
  return { page: [...values], worker: found };
}

export const webgpuCases = { passDevice, limitDevice, loseDevice, throwOnProgress, inWorker };
