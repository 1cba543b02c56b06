import { MAX_THREADS } from "../../engines/wasm/threads/limits.js";
import { InvalidArgumentError } from "../../errors.js";
import type { WeightStorage } from "../../kernels/webgpu/weights.js";
import { type InputOptions, resolveInput } from "../../network/input.js";
import type { CompileProgress } from "../../network/progress.js";
import "../gpu_types.js";
import { checkClassNames, checkInputShape, checkOutput, type LoadableModel } from "../load_model.js";
import { checkCallback, checkSignal, flag, integer, interval, oneOf, optionsObject } from "../options.js";

const BACKENDS = ["auto", "wasm", "webgpu", "reference", "tfjs"] as const;

const WEIGHTS = ["float32", "float16"] as const satisfies readonly WeightStorage[];

/** What a network can run on. */
export type Backend = (typeof BACKENDS)[number];

export interface CompileOptions {
  /**
   * "wasm": WebAssembly SIMD kernels. "webgpu": the GPU, through `navigator.gpu`; in Node through the npm package
   * `webgpu`, to be installed beside unifool. "reference": float64 definitions, slow, exact. "tfjs": TensorFlow.js
   * on whatever backend it is set to. "auto", the default, is "webgpu" where `navigator.gpu` is there, the network takes 10 million
   * multiply-adds an image or more, the adapter is a GPU and no software, and an engine on it works; else, and where `threads`, `deterministic` or
   * `workerUrl` is given, "wasm". `choice` of what is compiled says which and why. A GPU rounds in a way of its own.
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
  /**
   * Called while the model is read, its network made and the engine started, of large models often; in the thread that compiles, so
   * a page sees it move where a worker of its own compiles. What it throws ends the work: `compile` rejects with it and nothing stays.
   */
  readonly onProgress?: (progress: CompileProgress) => void;
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

/** Options that have been checked. */
export type Settings = CompileOptions &
  Required<Pick<CompileOptions, "backend" | "threads" | "deterministic">>;

/** @throws InvalidArgumentError for wrong options */
export function resolveOptions(options: CompileOptions | undefined): Settings {
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
    "onProgress",
  ]);
  checkSignal(caller, given.signal);
  checkCallback(caller, "onWarning", given.onWarning);
  checkCallback(caller, "onProgress", given.onProgress);
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
