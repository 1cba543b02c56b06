import type { Tensor4D } from "@tensorflow/tfjs-core";
import { InvalidArgumentError, ModelError } from "../../errors.js";
import { resolveNamespace, type TfNamespace } from "../../kernels/tfjs/namespace.js";
import { isLiveLayersModel } from "../../network/import/layers_model/is_live.js";
import { type InputOptions, type InputTransform, resolveInput } from "../../network/input.js";
import { simplify } from "../../network/simplify.js";
import type { Network, Shape } from "../../network/spec.js";
import { type AutodiffSource, autodiffProgram, type DifferentiableFunction } from "./autodiff.js";
import { importLayersModel, layersModelSource, type TfLayersModel } from "./layers_model.js";
import { networkProgram } from "./network.js";
import type { Formulation, Program } from "./program.js";
import { programEngine, type TfjsEngine } from "./program_engine.js";

export type { TfNamespace } from "../../kernels/tfjs/namespace.js";
export type { DifferentiableFunction } from "./autodiff.js";
export type { TfLayersModel } from "./layers_model.js";
export type { Formulation } from "./program.js";
export type { TfjsEngine } from "./program_engine.js";

export interface TfjsEngineOptions {
  /**
   * The tfjs to compute with: `import * as tf from "@tensorflow/tfjs"`. Default: `@tensorflow/tfjs-core`, if
   * installed. A live model or a function belongs to the tfjs that made it, so pass that one.
   */
  readonly tf?: TfNamespace;
  /** How pixels become network inputs. Default: range [0, 1], taken as they are. */
  readonly input?: InputOptions | InputTransform;
  /** Per-image shape; for a function, and for a model that leaves sizes open. */
  readonly inputShape?: Shape;
  /** Number of classes; for a function. */
  readonly classes?: number;
  readonly classNames?: readonly string[];
  /** How the K gradients of an image are computed. Default "auto": "replicate", see {@link FASTEST}. */
  readonly formulation?: "auto" | Formulation;
}

/**
 * 10-class Jacobian of a CIFAR-10 ResNet-20, tfjs-backend-wasm 4.22 in Node 20, CPU ms per image (best of 8):
 *
 * |                     | batch 1 | batch 8 |
 * |---------------------|---------|---------|
 * | network, replicate  |      46 |      39 |
 * | network, loop       |      68 |      50 |
 * | autodiff, replicate |     387 |     383 |
 * | autodiff, loop      |     422 |     383 |
 *
 * The rows differ by tfjs's gradient of a convolution, 10 times slower than the convolution it amounts to.
 */
const FASTEST: Formulation = "replicate";

/**
 * Runs a classifier on TensorFlow.js, on whichever of its backends is set.
 *
 * - A network is simplified and played in tfjs operations, forward and backward, without tfjs's automatic
 *   differentiation.
 * - A live `tf.LayersModel` is imported and played so, its weights copied. If it has a layer that cannot be imported,
 *   it is differentiated by tfjs.
 * - A function `(x: Tensor4D) => Tensor2D` from network inputs to logits is differentiated by tfjs. It needs
 *   `inputShape` and `classes`.
 *
 * What tfjs differentiates is tried first and refused where a gradient that it needs is missing or wrong on the
 * current backend. Results are as good as float32 on that backend. Tensors live inside a call only, but for the
 * uploaded weights, which `dispose` releases; a live model or function is the caller's.
 *
 * @throws EngineError without tfjs or a backend, or for a model that this backend cannot differentiate correctly
 * @throws ModelError for a network with an operator that unifool does not know
 * @throws InvalidArgumentError for missing or wrong options
 * @example
 * import * as tf from "@tensorflow/tfjs";
 * using engine = await createTfjsEngine(await tf.loadLayersModel("model.json"), { tf, input: { range: [0, 255] } });
 * const { values } = await engine.jacobian(images, { classes: 10 });
 */
export async function createTfjsEngine(
  model: Network | TfLayersModel | DifferentiableFunction<Tensor4D>,
  options: TfjsEngineOptions = {},
): Promise<TfjsEngine> {
  const requested: unknown = options.formulation ?? "auto";
  if (requested !== "auto" && requested !== "replicate" && requested !== "loop")
    throw new InvalidArgumentError(
      `createTfjsEngine: formulation is ${String(requested)}, expected "auto", "replicate" or "loop"`,
    );
  const formulation = requested === "auto" ? FASTEST : requested;
  const { program, differentiation } = await prepare(model, options, formulation);
  try {
    const input = resolveTransform(options.input, program.inputShape);
    const tf = await resolveNamespace(options.tf);
    return programEngine(tf, program, input, {
      differentiation,
      formulation,
      classNames: options.classNames,
    });
  } catch (error) {
    program.dispose();
    throw error;
  }
}

interface Prepared {
  readonly program: Program;
  readonly differentiation: TfjsEngine["differentiation"];
}

async function prepare(
  model: Network | TfLayersModel | DifferentiableFunction<Tensor4D>,
  options: TfjsEngineOptions,
  formulation: Formulation,
): Promise<Prepared> {
  if (typeof model === "function") {
    const source = functionSource(model as DifferentiableFunction, options);
    const tf = await resolveNamespace(options.tf);
    return { program: await autodiffProgram(tf, source, formulation), differentiation: "autodiff" };
  }
  if (isLiveLayersModel(model)) {
    const tf = await resolveNamespace(options.tf);
    const imported = await importLayersModel(model, options.inputShape);
    if (!(imported instanceof ModelError))
      return { program: networkProgram(tf, imported, formulation), differentiation: "network" };
    const source = layersModelSource(model, options.inputShape, imported);
    return { program: await autodiffProgram(tf, source, formulation), differentiation: "autodiff" };
  }
  if (typeof model !== "object" || model === null || !("nodes" in model) || !("strippedSoftmax" in model))
    throw new InvalidArgumentError(
      `createTfjsEngine: model is ${model === null ? "null" : typeof model}, expected a network from buildNetwork, ` +
        "a tf.LayersModel or a function of a tensor",
    );
  const tf = await resolveNamespace(options.tf);
  return { program: networkProgram(tf, simplify(model), formulation), differentiation: "network" };
}

function functionSource(
  call: DifferentiableFunction,
  { inputShape, classes }: TfjsEngineOptions,
): AutodiffSource {
  if (!Array.isArray(inputShape) || inputShape.length === 0 || !inputShape.every(isCount))
    throw new InvalidArgumentError(
      `createTfjsEngine: inputShape is ${inputShape ? `[${inputShape}]` : "missing"}, expected [H, W, C] for a function`,
    );
  if (classes === undefined || !isCount(classes))
    throw new InvalidArgumentError(
      `createTfjsEngine: classes is ${classes ?? "missing"}, expected the number of classes for a function`,
    );
  return { call, inputShape, classes, blame: () => "the function" };
}

function isCount(n: unknown): boolean {
  return Number.isInteger(n) && (n as number) > 0;
}

function resolveTransform(input: TfjsEngineOptions["input"], shape: Shape): InputTransform {
  return input && "scale" in input ? input : resolveInput(input, shape[shape.length - 1]);
}
