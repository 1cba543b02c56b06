/**
 * unifool for TensorFlow.js code: an engine on any tfjs backend, and the attacks with tensors in and out. They take
 * any engine, so `compile` of "unifool" with its WebAssembly kernels can be swapped in where a model can be imported.
 */
import type { Tensor } from "@tensorflow/tfjs-core";
import { type DeepfoolOptions, deepfool as deepfoolArrays } from "./api/deepfool.js";
import { foolingRate as foolingRateArrays } from "./api/evaluate.js";
import type { FoolingRate, FoolingRateOptions } from "./api/evaluating/options.js";
import { checkEngine, checkSignal, optionsObject } from "./api/options.js";
import type { UniversalOptions } from "./api/universal/options.js";
import { universalPerturbation as universalArrays } from "./api/universal.js";
import type { UniversalResult } from "./api/universal_result.js";
import type { Engine } from "./engines/engine.js";
import { assertNumbers } from "./engines/not_a_number.js";
import { InvalidArgumentError } from "./errors.js";
import { resolveNamespace, type TfNamespace } from "./kernels/tfjs/namespace.js";
import type { Shape } from "./network/spec.js";

export {
  createTfjsEngine,
  type DifferentiableFunction,
  type Formulation,
  type TfjsEngine,
  type TfjsEngineOptions,
  type TfLayersModel,
  type TfNamespace,
} from "./engines/tfjs/engine.js";
export {
  EngineError,
  InvalidArgumentError,
  ModelError,
  UnifoolError,
  type UnsupportedLayer,
  UnsupportedOperatorError,
} from "./errors.js";

/** Where results are made. */
export interface TensorOptions {
  /** The tfjs to make tensors with. Default: the engine's, if it is a tfjs engine, else `@tensorflow/tfjs-core`. */
  readonly tf?: TfNamespace;
}

export interface TensorJacobian {
  /** `[N, K, H, W, C]`. */
  readonly values: Tensor;
  /** `[N, K]`, int32. */
  readonly classes: Tensor;
  /** `[N, classes]`. */
  readonly logits: Tensor;
}

/**
 * Gradients of K logits with respect to each image.
 *
 * @param images `[N, H, W, C]`, any numeric type, values in `engine.range`
 * @param options `classes`: a count (the K largest logits, largest first) or indices `[N, K]`
 * @returns tensors for the caller to dispose of
 * @throws InvalidArgumentError for wrong shapes, values that are not finite, or classes that do not exist or are no
 *   whole numbers
 * @throws EngineError if a logit is NaN (`image` says whose), or where the engine fails or there is no tfjs
 * @throws the signal's reason when aborted
 * @example
 * const { values } = await jacobian(engine, images, { classes: 10 });
 */
export async function jacobian(
  engine: Engine,
  images: Tensor,
  options: TensorOptions & { readonly classes: number | Tensor; readonly signal?: AbortSignal },
): Promise<TensorJacobian> {
  const caller = "jacobian";
  checkEngine(caller, engine);
  const { tf: given, classes, signal } = optionsObject(caller, options, ["tf", "classes", "signal"]);
  checkSignal(caller, signal);
  signal?.throwIfAborted();
  const tf = await namespaceOf(engine, given);
  const pixels = await batchValues(caller, "images", images, engine.inputShape);
  const request = { classes: await classesOf(caller, classes), ...(signal && { signal }) };
  const result = await engine.jacobian(pixels, request);
  assertNumbers(caller, result.logits, engine.classes);
  const count = images.shape[0];
  return {
    values: tensorOf(tf, result.values, [count, -1, ...engine.inputShape]),
    classes: tensorOf(tf, result.classes, [count, -1]),
    logits: tensorOf(tf, result.logits, [count, engine.classes]),
  };
}

export interface TensorDeepfoolResult {
  /** `[N, H, W, C]`. */
  readonly adversarial: Tensor;
  readonly perturbation: Tensor;
  /** `[N]`, int32. */
  readonly labels: Tensor;
  readonly newLabels: Tensor;
  readonly iterations: Tensor;
  /** `[N]`, bool. */
  readonly succeeded: Tensor;
  /** With `trace`: for each image the class taken at each step. */
  readonly chosen?: readonly Int32Array[];
}

/**
 * DeepFool on a batch of images; see `deepfool` of "unifool" for the algorithm and its options.
 *
 * @param images `[N, H, W, C]`, any numeric type, values in `engine.range`
 * @returns tensors for the caller to dispose of
 * @throws InvalidArgumentError for wrong shapes, values that are not finite, or wrong options
 * @throws the signal's reason when aborted
 * @example
 * const { adversarial } = await deepfool(engine, images, { norm: 2 });
 */
export async function deepfool(
  engine: Engine,
  images: Tensor,
  given: DeepfoolOptions & TensorOptions = {},
): Promise<TensorDeepfoolResult> {
  const caller = "deepfool";
  const { options, tf } = await withNamespace(caller, engine, given);
  const pixels = await batchValues(caller, "images", images, engine.inputShape);
  const result = await deepfoolArrays(engine, pixels, options);
  return {
    adversarial: tensorOf(tf, result.adversarial, images.shape),
    perturbation: tensorOf(tf, result.perturbation, images.shape),
    labels: tensorOf(tf, result.labels, [-1]),
    newLabels: tensorOf(tf, result.newLabels, [-1]),
    iterations: tensorOf(tf, result.iterations, [-1]),
    succeeded: tf.tensor(result.succeeded, [result.succeeded.length], "bool"),
    chosen: result.chosen,
  };
}

export type TensorUniversalResult = Omit<UniversalResult, "perturbation" | "last"> & {
  /** `[H, W, C]`: the best perturbation, and the one at the end. */
  readonly perturbation: Tensor;
  readonly last: Tensor;
};

/**
 * One perturbation for all images; see `universalPerturbation` of "unifool" for the algorithm and its options.
 *
 * @param images `[N, H, W, C]`, any numeric type, values in `engine.range`
 * @param options `initial` is a tensor `[H, W, C]`
 * @returns tensors for the caller to dispose of
 * @throws InvalidArgumentError for wrong shapes, values that are not finite, or wrong options
 * @throws UniversalAbortedError when the signal aborts; its `result` holds arrays
 * @example
 * const { perturbation, foolingRate } = await universalPerturbation(engine, images, { radius: 10 / 255 });
 */
export async function universalPerturbation(
  engine: Engine,
  images: Tensor,
  given: Omit<UniversalOptions, "initial"> & TensorOptions & { readonly initial?: Tensor } = {},
): Promise<TensorUniversalResult> {
  const caller = "universalPerturbation";
  const { options: all, tf } = await withNamespace(caller, engine, given);
  const { initial, ...options } = all;
  const pixels = await batchValues(caller, "images", images, engine.inputShape);
  const start = initial && (await valuesOf(caller, "initial", initial, engine.inputShape));
  const result = await universalArrays(engine, pixels, { ...options, ...(start && { initial: start }) });
  return {
    ...result,
    perturbation: tensorOf(tf, result.perturbation, engine.inputShape),
    last: tensorOf(tf, result.last, engine.inputShape),
  };
}

export interface TensorFoolingRate extends Omit<FoolingRate, "labels" | "newLabels"> {
  /** Predictions on the clean and on the perturbed images, `[N]`, int32. */
  readonly labels: Tensor;
  readonly newLabels: Tensor;
}

/**
 * The share of images whose prediction changes when `perturbation` is added; see `foolingRate` of "unifool".
 *
 * @param images `[N, H, W, C]`, any numeric type, values in `engine.range`
 * @param perturbation `[H, W, C]`
 * @returns tensors for the caller to dispose of
 * @throws InvalidArgumentError for wrong shapes, values that are not finite, or wrong options
 * @throws the signal's reason when aborted
 * @example
 * const { rate } = await foolingRate(engine, testImages, perturbation);
 */
export async function foolingRate(
  engine: Engine,
  images: Tensor,
  perturbation: Tensor,
  given: Omit<FoolingRateOptions, "labels"> & TensorOptions = {},
): Promise<TensorFoolingRate> {
  const caller = "foolingRate";
  const { options, tf } = await withNamespace(caller, engine, given);
  const pixels = await batchValues(caller, "images", images, engine.inputShape);
  const shift = await valuesOf(caller, "perturbation", perturbation, engine.inputShape);
  const { labels, newLabels, ...rates } = await foolingRateArrays(engine, pixels, shift, options);
  return { ...rates, labels: tensorOf(tf, labels, [-1]), newLabels: tensorOf(tf, newLabels, [-1]) };
}

/** The tfjs to make tensors with, and the options that are not about that; checks what both are taken from. */
async function withNamespace<T extends TensorOptions>(caller: string, engine: Engine, given: T) {
  checkEngine(caller, engine);
  const { tf, ...options } = optionsObject(caller, given, Object.keys(given ?? {}) as (keyof T & string)[]);
  return { options: options as Omit<T, "tf">, tf: await namespaceOf(engine, tf) };
}

/** `classes` as engines take it; what is wrong with a count or with whole numbers is theirs to say. */
async function classesOf(caller: string, classes: unknown): Promise<number | Int32Array> {
  const tensor = classes as Tensor | undefined;
  if (typeof tensor?.data !== "function") return classes as number;
  const values = await valuesOf(caller, "classes", tensor, tensor.shape);
  const broken = values.find((c) => !Number.isInteger(c));
  if (broken !== undefined)
    throw new InvalidArgumentError(`${caller}: classes holds ${broken}, expected whole numbers`);
  return Int32Array.from(values);
}

function namespaceOf(engine: Engine, given: TfNamespace | undefined): Promise<TfNamespace> {
  const own = "tf" in engine ? (engine.tf as TfNamespace) : undefined;
  return resolveNamespace(given ?? own);
}

function batchValues(caller: string, name: string, tensor: Tensor, shape: Shape): Promise<Float32Array> {
  const isBatch = Array.isArray(tensor?.shape) && tensor.shape.length === shape.length + 1;
  return valuesOf(caller, name, tensor, [isBatch ? tensor.shape[0] : "N", ...shape]);
}

async function valuesOf(
  caller: string,
  name: string,
  tensor: Tensor,
  shape: readonly (number | "N")[],
): Promise<Float32Array> {
  const actual: unknown = tensor?.shape;
  if (!Array.isArray(actual) || actual.join() !== shape.join())
    throw new InvalidArgumentError(
      `${caller}: ${name} ${Array.isArray(actual) ? `has shape [${actual}]` : "is no tensor"}, expected [${shape}]`,
    );
  if (tensor.isDisposed)
    throw new InvalidArgumentError(`${caller}: ${name} is a disposed tensor, expected a live one`);
  return Float32Array.from(await tensor.data());
}

function tensorOf(tf: TfNamespace, values: Float32Array | Int32Array, shape: Shape): Tensor {
  const size = shape.reduce((product, n) => product * n, 1);
  const sizes = shape.map((n) => (n === -1 ? values.length / -size : n));
  return tf.tensor(values, sizes, values instanceof Int32Array ? "int32" : "float32");
}
