import { show } from "../engines/arguments.js";
import type { Engine, GradientEngine } from "../engines/engine.js";
import type { createTfjsEngine, TfNamespace } from "../engines/tfjs/engine.js";
import { MAX_THREADS } from "../engines/wasm/threads/limits.js";
import type { WebgpuEngine } from "../engines/webgpu/engine.js";
import { InvalidArgumentError } from "../errors.js";
import type { WeightStorage } from "../kernels/webgpu/weights.js";
import { isLiveLayersModel, type LiveLayersModel } from "../network/import/layers_model/live.js";
import { type InputOptions, type InputTransform, resolveInput } from "../network/input.js";
import type { Network } from "../network/spec.js";
import "./gpu_types.js";
import {
  checkClassNames,
  checkInputShape,
  checkOutput,
  type LoadableModel,
  networkOf,
} from "./load_model.js";
import { oddityOf } from "./oddities.js";
import { checkCallback, checkSignal, flag, integer, interval, oneOf, optionsObject } from "./options.js";
import { rescaledTwice } from "./suggested_input.js";

const BACKENDS = ["auto", "wasm", "webgpu", "reference", "tfjs"] as const;

const WEIGHTS = ["float32", "float16"] as const satisfies readonly WeightStorage[];

/** What a network can run on. */
export type Backend = (typeof BACKENDS)[number];

export interface CompileOptions {
  /**
   * "wasm": WebAssembly SIMD kernels. "webgpu": the GPU, through `navigator.gpu`; in Node through the npm package
   * `webgpu`, to be installed beside unifool. "reference": float64 definitions, slow, exact. "tfjs": TensorFlow.js
   * on whatever backend it is set to. "auto", the default, is "wasm", whatever GPU there is: a GPU pays for large
   * networks and batches, and rounds in a way of its own.
   */
  readonly backend?: Backend;
  /**
   * Worker threads of the wasm backend; "auto", the default, as many as are useful, and the calling thread, with a warning,
   * where none can be started; 0 the calling thread. More than
   * one needs `SharedArrayBuffer`, in browsers a cross-origin isolated page.
   */
  readonly threads?: "auto" | number;
  /** Bitwise equal results on every machine: no fused multiply-add; "wasm" and "reference" only. Default false. */
  readonly deterministic?: boolean;
  /**
   * The device to compute on, with backend "webgpu"; it stays the caller's, and lives on when the engine is disposed.
   * Default: one of the engine's own, with all that the fastest adapter allows.
   */
  readonly device?: GPUDevice;
  /**
   * How the weights of convolutions and dense layers lie on the device; "float16" with backend "webgpu" only, on any
   * adapter. Half the bytes to upload, to keep and to read: large dense layers are read at the speed of memory where
   * images are few. A weight is rounded to 11 significant bits, its layer scaled so that none is too large or too small;
   * all arithmetic stays float32, and gradients are exactly those of the rounded network. Biases, depthwise filters and
   * all values stay float32. Measured on eight pretrained networks: logits move by 0.01 to 0.2 % (medians of their norms),
   * none of 5130 labels changes, gradients move by 0.02 % where every relu and max-pool decides as before and by
   * 2 to 9 % where some do not, on deep networks always; bench/README.md has the table. Default "float32".
   */
  readonly weights?: WeightStorage;
  /** Where `unifool/worker` is served, for pages whose Content-Security-Policy forbids workers from blobs. */
  readonly workerUrl?: string | URL;
  /** The space that images live in and what the network sees of them. Default: range [0, 1], mean 0, std 1. */
  readonly input?: InputOptions;
  /** Per-image shape `[H, W, C]`, for a model that leaves sizes open, and for a function. */
  readonly inputShape?: readonly number[];
  /** Name of the value that holds the class scores, for a model with several outputs: any value of its graph. */
  readonly output?: string;
  /** One name for each class, in place of those that the model carries; results and pictures name classes so. */
  readonly classNames?: readonly string[];
  /**
   * The TensorFlow.js to use with backend "tfjs". Default: the installed `@tensorflow/tfjs-core`, in a page what an import
   * map calls so; a bundler does not see it there.
   */
  readonly tf?: TensorFlow;
  /** Number of classes, for a function with backend "tfjs". */
  readonly classes?: number;
  readonly signal?: AbortSignal;
  /** Called with each of `warnings`. Nothing is ever printed. */
  readonly onWarning?: (message: string) => void;
}

/** What `import * as tf from "@tensorflow/tfjs"` gives; written so that these types need no TensorFlow.js. */
export interface TensorFlow {
  ready(): Promise<void>;
  tidy(nameOrFunction: unknown, fn?: unknown): unknown;
}

/** What any `tf.Tensor` is, to those who have no TensorFlow.js. */
export interface TensorLike {
  readonly shape: readonly number[];
  readonly dtype: string;
  dispose(): void;
}

/** `(x: tf.Tensor4D) => tf.Tensor2D`, from network inputs to logits, for backend "tfjs". */
export type TensorFunction = {
  // A method, so that a function of any kind of tensor will do.
  call(x: TensorLike): TensorLike;
}["call"];

/** A model that can be compiled. */
export type CompileSource = LoadableModel | TensorFunction;

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
 * @throws the signal's reason when aborted
 *
 * @example
 * using net = await compile("model/model.json", { input: { range: [0, 1], mean: 0.5, std: 0.25 } });
 * const { labels } = await net.logits(images);
 */
export async function compile(model: CompileSource, options?: CompileOptions): Promise<Compiled> {
  const settings = resolveOptions(options);
  const { signal } = settings;
  signal?.throwIfAborted();
  const { engine, network } = await engineFor(model, settings);
  try {
    signal?.throwIfAborted();
    const warnings = await warningsFor(engine, network, settings);
    for (const warning of warnings) settings.onWarning?.(warning);
    signal?.throwIfAborted();
    return Object.assign(engine, { network, warnings });
  } catch (error) {
    engine.dispose();
    throw error;
  }
}

type Settings = CompileOptions & Required<Pick<CompileOptions, "backend" | "threads" | "deterministic">>;

function resolveOptions(options: CompileOptions | undefined): Settings {
  const caller = "compile";
  const given = optionsObject(caller, options, [
    "backend",
    "threads",
    "deterministic",
    "device",
    "weights",
    "workerUrl",
    "input",
    "inputShape",
    "output",
    "classNames",
    "tf",
    "classes",
    "signal",
    "onWarning",
  ]);
  checkSignal(caller, given.signal);
  checkCallback(caller, "onWarning", given.onWarning);
  const backend = oneOf(caller, "backend", given.backend ?? "auto", BACKENDS);
  if (given.threads !== undefined && given.threads !== "auto")
    integer(caller, "threads", given.threads, 0, MAX_THREADS);
  const { workerUrl } = given;
  if (workerUrl !== undefined && typeof workerUrl !== "string" && !(workerUrl instanceof URL))
    throw new InvalidArgumentError(
      `compile: workerUrl is ${typeof workerUrl}, expected where unifool/worker is served, a string or a URL`,
    );
  for (const [option, owner] of [
    ["tf", "tfjs"],
    ["device", "webgpu"],
  ] as const)
    if (given[option] !== undefined && backend !== owner)
      throw new InvalidArgumentError(
        `compile: ${option} is given with backend "${backend}", expected backend "${owner}"`,
      );
  if (oneOf(caller, "weights", given.weights ?? "float32", WEIGHTS) === "float16" && backend !== "webgpu")
    throw new InvalidArgumentError(
      `compile: weights is "float16" with backend "${backend}", expected backend "webgpu" or weights "float32"`,
    );
  if (given.device !== undefined && !isDevice(given.device))
    throw new InvalidArgumentError(
      "compile: device is not a GPUDevice, expected what adapter.requestDevice() resolves to",
    );
  if (given.classes !== undefined) integer(caller, "classes", given.classes, 2);
  checkInputShape(caller, given.inputShape);
  checkOutput(caller, given.output);
  checkClassNames(caller, given.classNames);
  if (given.input?.range !== undefined) interval(caller, "input.range", given.input.range);
  // The channels are not known yet; whatever is wrong apart from their number shows before any work.
  resolveInput(given.input, Math.max(lengthOf(given.input?.mean), lengthOf(given.input?.std)));
  return {
    ...given,
    backend,
    threads: given.threads ?? "auto",
    deterministic: flag(caller, "deterministic", given.deterministic ?? false),
  };
}

/** Told by what it can do: in Node its class is no global, and it may come from another realm. */
function isDevice(value: object): boolean {
  return (
    typeof value === "object" && value !== null && "createComputePipelineAsync" in value && "lost" in value
  );
}

function lengthOf(value: number | readonly number[] | undefined): number {
  return typeof value === "object" ? value.length : 1;
}

async function engineFor(
  model: CompileSource,
  settings: Settings,
): Promise<{ engine: GradientEngine; network?: Network }> {
  const { backend, threads, deterministic, workerUrl, signal } = settings;
  if (backend === "tfjs" && (typeof model === "function" || isLiveLayersModel(model)))
    return { engine: await createOnTfjs(model, settings) };
  const network = await networkOf("compile", model as LoadableModel, settings);
  signal?.throwIfAborted();
  const input = resolveInput(settings.input, network.input.shape.at(-1) ?? 1);
  if (backend === "tfjs") return { engine: await createOnTfjs(network, settings), network };
  if (backend === "webgpu") return { engine: await createOnWebgpu(network, input, settings), network };
  if (backend === "reference") {
    const { createReferenceEngine } = await import("../engines/reference.js");
    return { engine: createReferenceEngine(network, input), network };
  }
  const { createWasmEngine } = await import("../engines/wasm/engine.js");
  return { engine: await createWasmEngine(network, input, { threads, deterministic, workerUrl }), network };
}

/** Loaded only when asked for, as every engine is: nobody else needs to have TensorFlow.js. */
async function createOnTfjs(
  model: Network | LiveLayersModel | TensorFunction,
  { input, inputShape, classes, classNames, tf }: Settings,
): Promise<GradientEngine> {
  const tfjs = await import("../engines/tfjs/engine.js");
  return tfjs.createTfjsEngine(model as Parameters<typeof createTfjsEngine>[0], {
    input,
    inputShape,
    classes,
    classNames,
    tf: tf as TfNamespace | undefined,
  });
}

/** Loaded only when asked for. */
async function createOnWebgpu(
  network: Network,
  input: InputTransform,
  { device, weights }: Settings,
): Promise<WebgpuEngine> {
  const { createWebgpuEngine } = await import("../engines/webgpu/engine.js");
  return createWebgpuEngine(network, input, { device, weights });
}

/** A page from elsewhere than https or localhost can be no such thing, whatever its headers say. */
const needsSecurity = (): string =>
  globalThis.isSecureContext === false ? ", and served by https or from localhost" : "";

async function warningsFor(
  engine: Engine,
  network: Network | undefined,
  { threads, deterministic, input, signal }: Settings,
): Promise<string[]> {
  const warnings: string[] = [];
  const { backend } = engine;
  const working = "threads" in engine && typeof engine.threads === "number" ? engine.threads : 0;
  if (typeof threads === "number" && threads > Math.max(1, working))
    warnings.push(
      backend === "wasm"
        ? `compile: threads is ${threads}, but without SharedArrayBuffer one thread computes; in a browser the page must be cross-origin isolated${needsSecurity()}`
        : `compile: threads is ${threads}, but backend "${backend}" computes without worker threads`,
    );
  if ("withoutWorkers" in engine && engine.withoutWorkers)
    warnings.push(`${engine.withoutWorkers}; until then the thread that calls computes, and blocks`);
  if (deterministic && backend !== "wasm" && backend !== "reference")
    warnings.push(`compile: deterministic is true, but backend "${backend}" rounds as its device does`);
  if ("onProcessor" in engine && engine.onProcessor)
    warnings.push(
      `compile: the WebGPU adapter ("${(engine as WebgpuEngine).adapter}") computes on the processor, expected a GPU; ` +
        '{ backend: "wasm" } is faster there',
    );
  warnings.push(...oddScales(input));
  if (network) {
    warnings.push(...(network.warnings ?? []).map((text) => `compile: ${text}`));
    const rescaled = rescaledTwice(network, resolveInput(input, network.input.shape.at(-1) ?? 1));
    warnings.push(...oddEndings(network), ...(rescaled ? [rescaled] : []));
  }
  const oddity = await oddityOf(engine, signal);
  const outputs = `compile: the outputs of "${network?.name ?? "the model"}"`;
  if (oddity === "probabilities" && !network?.strippedSoftmax)
    warnings.push(
      `${outputs} look like probabilities, expected logits; DeepFool's distances mean little on probabilities`,
    );
  if (oddity === "NaN")
    warnings.push(
      `${outputs} are NaN at an image of noise, expected numbers; a value of the network overflows there, or one of its weights is NaN`,
    );
  if (oddity === "infinite")
    warnings.push(
      `${outputs} are infinite at an image of noise, expected finite numbers; DeepFool takes no steps there`,
    );
  return warnings;
}

/** A mean or std that can hardly be of images scaled to [0, 1], which both are meant for: one of pixels up to 255, mostly. */
function oddScales(input: InputOptions | undefined): string[] {
  const largest = (value: number | readonly number[] | undefined) =>
    Math.max(0, ...[value ?? 0].flat().map(Math.abs));
  return (["mean", "std"] as const)
    .filter((name) => largest(input?.[name]) > 1)
    .map(
      (name) =>
        `compile: input.${name} is ${show(input?.[name])}, expected at most 1; mean and std are of images scaled to [0, 1], whatever the range`,
    );
}

/** What a classifier's last layer says about its labels, where that is not one class of several. */
function oddEndings({ name, classes, strippedSigmoid, singleScore }: Network): string[] {
  if (strippedSigmoid && !singleScore)
    return [
      `compile: "${name}" ends in a sigmoid over ${classes} outputs, so an image may have several labels, expected one; its label here is the likeliest`,
    ];
  if (singleScore && !strippedSigmoid)
    return [
      `compile: "${name}" has one output and no sigmoid, expected class scores; it is taken as the logit of class 1, positive where that class is`,
    ];
  return [];
}
