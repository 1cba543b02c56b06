import { InvalidArgumentError } from "../errors.js";
import { buildNetwork } from "../network/build.js";
import { isModelInput, type ModelInput, openModel } from "../network/import/open_model.js";
import { type CompileProgress, type Tell, telling } from "../network/progress.js";
import type { Network, NetworkSpec } from "../network/spec.js";
import { checkCallback, checkSignal, integer, optionsObject } from "./options.js";

/** A model in a file, in memory, or as a network description. */
export type LoadableModel = ModelInput | NetworkSpec | Network;

export interface LoadModelOptions {
  /** Per-image shape `[H, W, C]`, for a model that leaves sizes open. */
  readonly inputShape?: readonly number[];
  /** Name of the value that holds the class scores, for a model with several outputs: any value of its graph. */
  readonly output?: string;
  /** One name for each class, in place of those that the model carries. */
  readonly classNames?: readonly string[];
  readonly signal?: AbortSignal;
  /** Called while the model is read ("read") and becomes a network ("import"). What it throws ends the work. */
  readonly onProgress?: (progress: CompileProgress) => void;
}

/**
 * Reads a model and gives the network that an engine would run: validated, every shape known, a final softmax stripped.
 * `compile` does this itself; use it to look at a network, or to compile one model for several engines.
 *
 * @param model path or URL of the `model.json` of a tfjs LayersModel or GraphModel, of an ONNX file, or of a zip archive with a
 *   model's files (Teachable Machine), in Node also the folder that holds it; its bytes; a `Blob` or `File`; several `File`s, weights among them; a live `tf.LayersModel` or
 *   `tf.GraphModel`; or a network description
 * @throws InvalidArgumentError for wrong options, or something that is no model
 * @throws ModelError for a model that cannot be read or is inconsistent
 * @throws UnsupportedOperatorError for a layer that there is no operator for
 * @throws the signal's reason when aborted
 *
 * @example
 * const network = await loadModel("model/model.json");
 * using exact = await compile(network, { backend: "reference" });
 * using fast = await compile(network, { backend: "wasm" });
 */
export async function loadModel(model: LoadableModel, options?: LoadModelOptions): Promise<Network> {
  const settings = resolveOptions("loadModel", options);
  return telling(settings.onProgress, (tell) => networkOf("loadModel", model, settings, tell));
}

export const LOAD_OPTIONS = ["inputShape", "output", "classNames", "signal", "onProgress"] as const;

function resolveOptions(caller: string, options: LoadModelOptions | undefined): LoadModelOptions {
  const given = optionsObject(caller, options, LOAD_OPTIONS);
  checkLoadOptions(caller, given);
  return given;
}

/** @param caller who checks them */
export function checkLoadOptions(caller: string, given: LoadModelOptions): void {
  checkSignal(caller, given.signal);
  checkCallback(caller, "onProgress", given.onProgress);
  checkInputShape(caller, given.inputShape);
  checkOutput(caller, given.output);
  checkClassNames(caller, given.classNames);
}

export function checkOutput(caller: string, output: unknown): void {
  if (output !== undefined && (typeof output !== "string" || output === ""))
    throw new InvalidArgumentError(
      `${caller}: output is ${typeof output === "string" ? '""' : typeof output}, expected the name of a value of the model`,
    );
}

export function checkClassNames(caller: string, classNames: unknown): void {
  if (classNames === undefined) return;
  const wrong = Array.isArray(classNames) ? classNames.findIndex((name) => typeof name !== "string") : -1;
  if (!Array.isArray(classNames) || wrong >= 0)
    throw new InvalidArgumentError(
      `${caller}: classNames${wrong >= 0 ? `[${wrong}]` : ""} is ${typeof (wrong >= 0 ? (classNames as unknown[])[wrong] : classNames)}, expected ${wrong >= 0 ? "a string" : "an array of strings, one per class"}`,
    );
}

export function checkInputShape(caller: string, inputShape: unknown): void {
  if (inputShape === undefined) return;
  if (!Array.isArray(inputShape))
    throw new InvalidArgumentError(`${caller}: inputShape is not an array, expected [H, W, C]`);
  inputShape.forEach((length, axis) => {
    integer(caller, `inputShape[${axis}]`, length, 1);
  });
}

/** The network of anything that can be one. */
export async function networkOf(
  caller: string,
  model: LoadableModel,
  { inputShape, output, classNames, signal }: Omit<LoadModelOptions, "onProgress">,
  tell: Tell | undefined,
): Promise<Network> {
  signal?.throwIfAborted();
  const named = classNames && { classNames };
  if (isModelInput(model)) {
    const spec = await openModel(model, { inputShape, output, signal, tell });
    return built({ ...spec, ...named }, tell);
  }
  if (typeof model !== "object" || model === null || !("nodes" in model))
    throw new InvalidArgumentError(
      `${caller}: model is ${model === null ? "null" : typeof model}, expected a path or URL of a model, its bytes or Files, ` +
        "a tf.LayersModel or tf.GraphModel, or a network description" +
        (typeof model === "function" ? ' (a function needs backend "tfjs")' : ""),
    );
  // A Network is a valid description too; building it again costs little and validates hand-made ones.
  tell?.("import", 0, 1);
  return built({ ...model, ...named }, tell);
}

function built(spec: NetworkSpec, tell: Tell | undefined): Network {
  const network = buildNetwork(spec);
  tell?.("import", 1, 1);
  return network;
}
