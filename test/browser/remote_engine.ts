import type { Page } from "playwright-core";
import type { DeepfoolRequest, Engine, Jacobian } from "../../src/engines/engine.js";
import { EngineError, InvalidArgumentError } from "../../src/errors.js";
import type { InputOptions, InputTransform } from "../../src/network/input.js";
import type { Network } from "../../src/network/spec.js";
import type { Outcome, PlainError } from "./engine_page.js";

/** Makes engines that compute in a page (`engine_page.ts`), each call a round trip. */
export type CreateRemote = (network: Network, input: InputTransform) => Promise<Engine>;

/** Prepares a page whose script is `engine_page.ts`. An error that nothing in the page catches fails the run. */
export async function remoteEngines(page: Page): Promise<CreateRemote> {
  const reports = new Map<number, (done: number, total: number) => void>();
  page.on("pageerror", (error) => {
    setImmediate(() => {
      throw error;
    });
  });
  await page.exposeFunction("reportProgress", (call: number, done: number, total: number) =>
    reports.get(call)?.(done, total),
  );
  let last = 0;

  /** A DeepFool run whose signal and progress callback stay here. */
  async function deepfool(id: number, images: Float32Array, given: DeepfoolRequest) {
    const { signal, onProgress, ...request } = given;
    const call = ++last;
    let stopped = signal?.aborted ? { reason: signal.reason as unknown } : undefined;
    const stop = (reason: unknown): void => {
      stopped ??= { reason };
      void page.evaluate((name) => window.remote.abort(name), call).catch(() => {});
    };
    const abort = () => stop(signal?.reason);
    if (onProgress)
      reports.set(call, (done, total) => {
        try {
          if (!stopped) onProgress(done, total);
        } catch (thrown) {
          stop(thrown);
        }
      });
    const run = page.evaluate(({ id, images, request }) => window.remote.deepfool(id, images, request), {
      id,
      images,
      request: { ...request, call, reports: onProgress !== undefined, aborted: signal?.aborted ?? false },
    });
    signal?.addEventListener("abort", abort);
    try {
      const result = await run;
      if (!stopped) return settled(result);
      if ("value" in result) throw new Error("deepfool: the page went on after it was told to stop");
      throw result.error.name === "AbortError" ? stopped.reason : errorOf(result.error);
    } finally {
      signal?.removeEventListener("abort", abort);
      reports.delete(call);
    }
  }

  return async (network, input) => {
    const id = ++last;
    const about = settled(
      await page.evaluate(({ id, network, input }) => window.remote.create(id, network, input), {
        id,
        network,
        input: inputOptions(input),
      }),
    );
    // The page may be gone already, and everything with it.
    const dispose = () => void page.evaluate((name) => window.remote.dispose(name), id).catch(() => {});
    return {
      ...about,
      async logits(images) {
        const args = { id, images: copy(images) };
        return settled(await page.evaluate(({ id, images }) => window.remote.logits(id, images), args));
      },
      async jacobian(images, given): Promise<Jacobian> {
        const out = given?.out;
        const options = given && { ...given, classes: copy(given.classes), out: copy(out) };
        const answer = settled(
          await page.evaluate(({ id, images, options }) => window.remote.jacobian(id, images, options), {
            id,
            images: copy(images),
            options,
          }),
        );
        if (out && answer.out) out.set(answer.out);
        const values = answer.values ?? (out as Float32Array).subarray(0, answer.length);
        return { values, classes: answer.classes, logits: answer.logits };
      },
      deepfool: async (images, request) => deepfool(id, copy(images), request),
      dispose,
      [Symbol.dispose]: dispose,
    };
  };
}

/** As it is now, and without what lies around a view. Wrong arguments travel as they are. */
function copy<T>(value: T): T {
  return (ArrayBuffer.isView(value) ? (value as unknown as Float32Array).slice() : value) as T;
}

/** What `resolveInput` makes the transform of. */
function inputOptions({ range, scale, offset }: InputTransform): InputOptions {
  const width = range[1] - range[0];
  const std = scale.map((s) => 1 / (width * s));
  return { range, std, mean: offset.map((o, c) => -range[0] / width - o * std[c]) };
}

function settled<T>(outcome: Outcome<T>): T {
  if ("value" in outcome) return outcome.value;
  throw errorOf(outcome.error);
}

function errorOf({ name, message }: PlainError): Error {
  for (const type of [EngineError, InvalidArgumentError]) if (type.name === name) return new type(message);
  return Object.assign(new Error(message), { name });
}
