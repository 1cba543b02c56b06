import type { GradientEngine } from "../engines/engine.js";
import type { createTfjsEngine, TfNamespace } from "../engines/tfjs/engine.js";
import type { WebgpuEngine } from "../engines/webgpu/engine.js";
import type { WeightStorage } from "../kernels/webgpu/weights.js";
import { isLiveLayersModel, type LiveLayersModel } from "../network/import/layers_model/is_live.js";
import { type InputTransform, resolveInput } from "../network/input.js";
import { CallbackFailed, type Tell, telling } from "../network/progress.js";
import type { Network } from "../network/spec.js";
import { choose, failed, isSurelyWasm } from "./compiling/choose.js";
import {
  type Backend,
  type CompileOptions,
  type CompileSource,
  resolveOptions,
  type Settings,
  type TensorFunction,
} from "./compiling/options.js";
import { warningsFor } from "./compiling/warnings.js";
import { type LoadableModel, networkOf } from "./load_model.js";

/** An engine, the network it runs, and what seemed odd about it. */
export interface Compiled extends GradientEngine {
  /** What runs; undefined where TensorFlow.js runs a model of its own. */
  readonly network?: Network;
  /** Workers of the wasm backend at work; 0: the calling thread computes. */
  readonly threads?: number;
  /** Kernels of the wasm backend: "relaxed" with fused multiply-add, else "simd". */
  readonly variant?: "simd" | "relaxed";
  /** What the adapter of the webgpu backend calls itself. */
  readonly adapter?: string;
  /** How the webgpu backend keeps the weights of convolutions and dense layers. */
  readonly weights?: WeightStorage;
  /** With backend "auto", what it took and why, such as `wasm: the WebGPU adapter ("llvmpipe") computes on the processor`. */
  readonly choice?: string;
  /** One line each, for instance that outputs look like probabilities, on which DeepFool works badly. */
  readonly warnings: readonly string[];
}

/**
 * Makes an engine for a classifier.
 *
 * @param model path or URL of an ONNX file, of the `model.json` of a tfjs LayersModel or GraphModel, or of a zip archive of
 *   one, in Node also the folder that holds it; its bytes; a `Blob` or `File`; several `File`s, weights among them; a live
 *   `tf.LayersModel` or `tf.GraphModel`; or a network description
 *   (`NetworkSpec`, or what `loadModel` gives); a final softmax is stripped. With backend "tfjs" also a differentiable
 *   function of a tensor, and live models with any layer that TensorFlow.js can differentiate
 * @returns an engine; `dispose()` it when done
 * @throws InvalidArgumentError for wrong options
 * @throws ModelError for a model that cannot be read or is inconsistent
 * @throws UnsupportedOperatorError for a layer without a kernel, naming it and the way out
 * @throws EngineError where the backend cannot run: no WebAssembly SIMD, no WebGPU adapter, too little memory
 * @throws the signal's reason when aborted, and whatever `onProgress` or `onWarning` throws
 *
 * @example
 * using net = await compile("model/model.json", { input: { range: [0, 1], mean: 0.5, std: 0.25 } });
 * const { labels } = await net.logits(images);
 */
export async function compile(model: CompileSource, options?: CompileOptions): Promise<Compiled> {
  const { onProgress, ...settings } = resolveOptions(options);
  return telling(onProgress, (tell) => compiled(model, { ...settings, tell }));
}

/** What was asked for, and who is told how far it is. */
type Work = Settings & { readonly tell: Tell | undefined };

async function compiled(model: CompileSource, settings: Work): Promise<Compiled> {
  const { backend, signal } = settings;
  signal?.throwIfAborted();
  loadAhead(settings);
  const network = await networkFor(model, settings);
  signal?.throwIfAborted();
  if (backend !== "auto") {
    const engine = await engineFor(backend, model, network, settings);
    return told(await checked(engine, network, settings), settings);
  }
  const { choice, ...made } = await automatic(network as Network, settings);
  return Object.assign(told(made, settings), { choice });
}

/** Has the engine on its way while the model is read, where it is known which it will be; whoever needs it says what went wrong. */
function loadAhead(settings: Settings): void {
  const { backend } = settings;
  if (backend === "webgpu") import("../engines/webgpu/engine.js").catch(() => {});
  if (backend === "wasm" || (backend === "auto" && isSurelyWasm(settings)))
    import("../engines/wasm/engine.js").catch(() => {});
}

/** An engine and what seems odd about it, which nobody has been told yet. */
interface Checked {
  readonly engine: GradientEngine;
  readonly network?: Network;
  readonly warnings: readonly string[];
}

/** Takes WebGPU where that is the choice and works, through its first image, else WASM. */
async function automatic(network: Network, settings: Work): Promise<Checked & { choice: string }> {
  const { signal } = settings;
  const on = async (backend: "wasm" | "webgpu", adapter?: GPUAdapter) =>
    checked(await engineFor(backend, network, network, { ...settings, adapter }), network, settings);
  const found = await choose(network, settings);
  let { reason } = found;
  signal?.throwIfAborted();
  if (found.backend === "webgpu")
    try {
      return { ...(await on("webgpu", found.adapter)), choice: `webgpu: ${reason}` };
    } catch (error) {
      signal?.throwIfAborted();
      if (error instanceof CallbackFailed) throw error;
      // What is wrong with the network or its input is wrong there too, and said then.
      reason = failed(error);
    }
  return { ...(await on("wasm")), choice: `wasm: ${reason}` };
}

async function checked(
  engine: GradientEngine,
  network: Network | undefined,
  settings: Work,
): Promise<Checked> {
  try {
    settings.signal?.throwIfAborted();
    settings.tell?.("check", 0, 1);
    const warnings = await warningsFor(engine, network, settings);
    settings.tell?.("check", 1, 1);
    return { engine, network, warnings };
  } catch (error) {
    engine.dispose();
    throw error;
  }
}

function told({ engine, network, warnings }: Checked, { onWarning, signal }: Settings): Compiled {
  try {
    for (const warning of warnings) onWarning?.(warning);
    signal?.throwIfAborted();
    return Object.assign(engine, { network, warnings });
  } catch (error) {
    engine.dispose();
    throw error;
  }
}

/** Undefined where TensorFlow.js runs the model as it is. */
async function networkFor(model: CompileSource, settings: Work): Promise<Network | undefined> {
  if (settings.backend === "tfjs" && (typeof model === "function" || isLiveLayersModel(model)))
    return undefined;
  return networkOf("compile", model as LoadableModel, settings, settings.tell);
}

async function engineFor(
  backend: Exclude<Backend, "auto">,
  model: CompileSource,
  network: Network | undefined,
  settings: Work & { readonly adapter?: GPUAdapter },
): Promise<GradientEngine> {
  settings.tell?.("plan", 0, 1);
  if (backend === "tfjs" || network === undefined)
    return createOnTfjs(network ?? (model as LiveLayersModel | TensorFunction), settings);
  const input = resolveInput(settings.input, network.input.shape.at(-1) ?? 1);
  if (backend === "webgpu") return createOnWebgpu(network, input, settings);
  if (backend === "reference") {
    const { createReferenceEngine } = await import("../engines/reference.js");
    return planned(createReferenceEngine(network, input), settings.tell);
  }
  const { threads, deterministic, workerUrl, tell } = settings;
  const { createWasmEngine } = await import("../engines/wasm/engine.js");
  return createWasmEngine(network, input, { threads, deterministic, workerUrl, tell });
}

/** An engine that is made in one go. */
function planned(engine: GradientEngine, tell: Tell | undefined): GradientEngine {
  try {
    tell?.("plan", 1, 1);
    return engine;
  } catch (error) {
    engine.dispose();
    throw error;
  }
}

/** Loaded only when asked for, as every engine is: nobody else needs to have TensorFlow.js. */
async function createOnTfjs(
  model: Network | LiveLayersModel | TensorFunction,
  { input, inputShape, classes, classNames, tf, tell }: Work,
): Promise<GradientEngine> {
  const tfjs = await import("../engines/tfjs/engine.js");
  const engine = await tfjs.createTfjsEngine(model as Parameters<typeof createTfjsEngine>[0], {
    input,
    inputShape,
    classes,
    classNames,
    tf: tf as TfNamespace | undefined,
  });
  return planned(engine, tell);
}

/** Loaded only when asked for. */
async function createOnWebgpu(
  network: Network,
  input: InputTransform,
  { device, weights, adapter, tell }: Work & { readonly adapter?: GPUAdapter },
): Promise<WebgpuEngine> {
  const { createWebgpuEngine } = await import("../engines/webgpu/engine.js");
  return createWebgpuEngine(network, input, { device, weights, adapter, tell });
}
