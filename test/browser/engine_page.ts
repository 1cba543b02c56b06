/**
 * The page's half of an engine that is called from Node (`remote_engine.ts`): the built package on one WebGPU device,
 * which all engines share, because a kernel compiles once for a device, and takes a while.
 */
import {
  type Compiled,
  compile,
  type DeepfoolRequest,
  type InputOptions,
  type JacobianOptions,
  type Network,
} from "../../src/index.js";

/** What a call comes to; errors do not travel as such. */
export type Outcome<T> = { readonly value: T } | { readonly error: PlainError };

export interface PlainError {
  readonly name: string;
  readonly message: string;
}

/** A DeepFool request without what cannot travel, and what stands in for it. */
export interface RemoteRequest extends Omit<DeepfoolRequest, "signal" | "onProgress"> {
  /** Names the call to `abort` and in reports of progress. */
  readonly call: number;
  readonly reports: boolean;
  /** The signal is aborted already. */
  readonly aborted: boolean;
}

declare global {
  interface Window {
    remote: typeof remote;
    /** Node's end. */
    reportProgress(call: number, done: number, total: number): Promise<void>;
  }
}

let device: Promise<GPUDevice> | undefined;
const engines = new Map<number, Compiled>();
const controllers = new Map<number, AbortController>();

/** With all that the adapter allows; an error that nothing catches is an error of the page. */
async function openDevice(): Promise<GPUDevice> {
  const adapter = await navigator.gpu.requestAdapter();
  if (!adapter) throw new Error("Chromium has no WebGPU adapter");
  const requiredLimits: Record<string, number> = {};
  for (const name in adapter.limits)
    requiredLimits[name] = adapter.limits[name as keyof GPUSupportedLimits] as number;
  const opened = await adapter.requestDevice({ requiredLimits });
  opened.addEventListener("uncapturederror", ({ error }) => {
    setTimeout(() => {
      throw new Error(`WebGPU in Chromium: ${error.message}`);
    });
  });
  return opened;
}

async function outcome<T>(work: () => Promise<T>): Promise<Outcome<T>> {
  try {
    return { value: await work() };
  } catch (error) {
    const { name, message } = error as Error;
    return { error: { name, message } };
  }
}

const engine = (id: number) => engines.get(id) as Compiled;

const remote = {
  create: (id: number, network: Network, input: InputOptions) =>
    outcome(async () => {
      device ??= openDevice();
      const made = await compile(network, { backend: "webgpu", device: await device, input });
      engines.set(id, made);
      const { backend, inputShape, classes, classNames, range, adapter } = made;
      return { backend, inputShape, classes, classNames, range, adapter };
    }),

  logits: (id: number, images: Float32Array) => outcome(() => engine(id).logits(images)),

  /** @returns `out` as it is afterwards too, whole */
  jacobian: (id: number, images: Float32Array, options: JacobianOptions) =>
    outcome(async () => {
      const { values, classes, logits } = await engine(id).jacobian(images, options);
      const out = options.out;
      const inPlace = out !== undefined && values.buffer === out.buffer;
      return { values: inPlace ? undefined : values, length: values.length, classes, logits, out };
    }),

  async deepfool(id: number, images: Float32Array, request: RemoteRequest) {
    const { call, reports, aborted, ...rest } = request;
    const controller = new AbortController();
    if (aborted) controller.abort();
    controllers.set(call, controller);
    const sent: Promise<void>[] = [];
    const result = await outcome(() =>
      (engine(id).deepfool as NonNullable<Compiled["deepfool"]>)(images, {
        ...rest,
        signal: controller.signal,
        onProgress: reports
          ? (done, total) => void sent.push(window.reportProgress(call, done, total))
          : undefined,
      }),
    );
    controllers.delete(call);
    // Node hears of all progress before it hears of the result.
    await Promise.all(sent);
    return result;
  },

  abort: (call: number) => controllers.get(call)?.abort(),

  /** Twice, as `dispose` may be called; what comes later is answered by the engine itself. */
  dispose(id: number) {
    engines.get(id)?.dispose();
  },
};

window.remote = remote;
