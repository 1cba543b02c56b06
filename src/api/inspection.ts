import type { UnsupportedLayer } from "../errors.js";
import type { InputOptions } from "../network/input.js";
import type { OpName, Shape } from "../network/spec.js";
import type { LayerKernels } from "./layer_kernels.js";
import type { LoadModelOptions } from "./load_model.js";
import type { SuggestedInput } from "./suggested_input.js";

/** A layer as an engine would run it. */
export interface InspectedLayer {
  readonly name: string;
  readonly operator: OpName;
  /** Per image, channels last. */
  readonly shape: Shape;
  /** Values of the model that it owns. */
  readonly parameters: number;
  /** Of a forward pass over one image; a backward pass costs as many for each class. */
  readonly multiplyAdds: number;
  /** Which kernels each engine runs for it; with `kernels: true`. */
  readonly kernels?: LayerKernels;
  /**
   * Of a relu, a clip or a max-pool of what they make: the share of its units that let a cotangent through, on the mean over
   * the images; with `images`.
   */
  readonly live?: number;
}

export interface InspectOptions extends LoadModelOptions {
  /** Say which kernels the engines run for each layer. The network is planned for each of them. Default false. */
  readonly kernels?: boolean;
  /** A few images, `[N][H][W][C]`, to count live units on; they are computed in float64. */
  readonly images?: Float32Array;
  /** What their values mean, as in `compile`. */
  readonly input?: InputOptions;
}

/** A model that can be run. */
export interface InspectedModel {
  readonly supported: true;
  readonly unsupported: readonly [];
  readonly name: string;
  readonly input: SuggestedInput;
  readonly classes: number;
  readonly classNames: readonly string[] | null;
  /** A softmax ends the model and is left out. */
  readonly strippedSoftmax: boolean;
  /** A sigmoid does: each class has a probability by itself. */
  readonly strippedSigmoid: boolean;
  /** The model has one score z, and two classes with the scores `[0, z]`. */
  readonly singleScore: boolean;
  /** Shared weights count once. */
  readonly parameters: number;
  readonly multiplyAdds: number;
  /** How many layers have each operator. */
  readonly operators: Readonly<Partial<Record<OpName, number>>>;
  readonly layers: readonly InspectedLayer[];
  /** What its user may not expect, and `compile` warns of as well. */
  readonly warnings: readonly string[];
}

/** A model with layers that there are no kernels for. */
export interface UnsupportedModel {
  readonly supported: false;
  /** Every such layer that was found, with what it does that is missing and, where there is one, a way out. */
  readonly unsupported: readonly UnsupportedLayer[];
  /** How many layers could not be looked at, because they read what those make and the file does not say its shape. */
  readonly unchecked: number;
  /** The first of them, how many of each kind there are, and the way out, in one line. */
  readonly message: string;
}

export type Inspection = InspectedModel | UnsupportedModel;
