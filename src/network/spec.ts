/**
 * The network description that every importer produces and every engine consumes: a small graph of
 * standard operators with ONNX names and semantics, channels last, static shapes but for the batch.
 *
 * All shapes are **per image**: the batch axis is never written. An image is `[H, W, C]`, a feature vector
 * `[D]`. A node's output value carries the node's name; nodes are listed in topological order.
 */

/** Per-image shape, channels last, without the batch axis. */
export type Shape = readonly number[];
/** `[vertical, horizontal]`. */
export type Pair = readonly [number, number];
/** `[top, left, bottom, right]`, ONNX order. */
export type Pads = readonly [number, number, number, number];

/**
 * 2-D convolution. `weights` is HWIO: `[kernel[0]][kernel[1]][C / groups][filters]`; output channel `o` belongs
 * to group `floor(o / (filters / groups))`. A depthwise convolution is `groups === C`, output channel
 * `c * multiplier + m`. `pads` are always explicit (SAME and VALID are resolved by the importer).
 */
export interface Conv {
  readonly op: "Conv";
  readonly weights: Float32Array;
  readonly bias?: Float32Array;
  readonly filters: number;
  readonly kernel: Pair;
  readonly strides: Pair;
  readonly dilations: Pair;
  readonly pads: Pads;
  readonly groups: number;
}

/** Dense layer on the last axis: `y = x W + b`, `weights` is `[inputs][units]`. */
export interface Gemm {
  readonly op: "Gemm";
  readonly weights: Float32Array;
  readonly bias?: Float32Array;
  readonly units: number;
}

/** Inference-time batch normalisation on the last axis: `scale (x - mean) / sqrt(variance + epsilon) + bias`. */
export interface BatchNormalization {
  readonly op: "BatchNormalization";
  readonly scale: Float32Array;
  readonly bias: Float32Array;
  readonly mean: Float32Array;
  readonly variance: Float32Array;
  readonly epsilon: number;
}

/**
 * Element-wise functions of one input. Their formulas are in `kernels/activation/reference.ts`.
 * `Clip` with `min: 0` is a clipped relu (`max: 6` is Relu6); the derivative at a kink is 0, as in PyTorch
 * and TensorFlow, so a unit is live when `min < x < max`.
 */
export type Activation =
  | { readonly op: "Relu" }
  | { readonly op: "Clip"; readonly min: number; readonly max: number }
  | { readonly op: "LeakyRelu"; readonly alpha: number }
  /** `slope` has one value, or one per channel of the last axis, or one per unit of the input. */
  | { readonly op: "PRelu"; readonly slope: Float32Array }
  | { readonly op: "ThresholdedRelu"; readonly alpha: number }
  | { readonly op: "Elu"; readonly alpha: number }
  | { readonly op: "Selu" }
  | { readonly op: "Sigmoid" }
  | { readonly op: "Tanh" }
  | { readonly op: "Softplus" }
  | { readonly op: "Softsign" }
  | { readonly op: "Mish" }
  /** `x sigmoid(x)`. */
  | { readonly op: "Swish" }
  /** `x max(0, min(1, x / 6 + 1/2))`. */
  | { readonly op: "HardSwish" }
  /** `max(0, min(1, alpha x + beta))`. */
  | { readonly op: "HardSigmoid"; readonly alpha: number; readonly beta: number }
  | { readonly op: "Gelu"; readonly approximate: "none" | "tanh" };

export type ActivationOp = Activation["op"];

/** Window pooling; padding never wins a maximum and is never counted in an average. Ties: the first element. */
export interface Pool {
  readonly op: "MaxPool" | "AveragePool";
  readonly kernel: Pair;
  readonly strides: Pair;
  readonly pads: Pads;
}

/** `[H, W, C] -> [C]`. */
export interface GlobalPool {
  readonly op: "GlobalAveragePool" | "GlobalMaxPool";
}

/** Element-wise arithmetic of two or more (`Sub`: exactly two) inputs, NumPy broadcasting of per-image shapes. */
export interface Arithmetic {
  readonly op: "Add" | "Sub" | "Mul";
}

/** A value that does not depend on the image. It takes no inputs. */
export interface Constant {
  readonly op: "Constant";
  readonly shape: Shape;
  readonly data: Float32Array;
}

/** Concatenation along a per-image axis (0 is the first axis after the batch; the channel axis is rank - 1). */
export interface Concat {
  readonly op: "Concat";
  readonly axis: number;
}

/** Zero padding of the two spatial axes of `[H, W, C]`. */
export interface Pad {
  readonly op: "Pad";
  readonly pads: Pads;
}

/** `x[starts[a] : ends[a]]` on every per-image axis `a`. Cropping. */
export interface Slice {
  readonly op: "Slice";
  readonly starts: readonly number[];
  readonly ends: readonly number[];
}

/**
 * Spatial resampling of `[H, W, C]` to `size`. `coordinates` maps an output index `i` to the source coordinate:
 * `asymmetric` `i / scale`; `half_pixel` `(i + 1/2) / scale - 1/2`; `align_corners` `i (in - 1) / (out - 1)`.
 * `nearest` takes `floor` of an asymmetric coordinate and rounds the others, halves up, as TensorFlow does; `linear`
 * interpolates and clamps at the border.
 */
export interface Resize {
  readonly op: "Resize";
  readonly mode: "nearest" | "linear";
  readonly coordinates: "asymmetric" | "half_pixel" | "align_corners";
  readonly size: Pair;
}

/** Row-major reinterpretation; `Flatten` is `Reshape` to `[D]`. */
export type Reshape = { readonly op: "Flatten" } | { readonly op: "Reshape"; readonly shape: Shape };

/** Output axis `a` is input axis `perm[a]` (per-image axes). Keras `Permute`. */
export interface Transpose {
  readonly op: "Transpose";
  readonly perm: readonly number[];
}

/** Dropout and noise layers at inference. */
export interface Identity {
  readonly op: "Identity";
}

/** Softmax on the last axis. Only as the last node, where `buildNetwork` strips it: unifool works on logits. */
export interface Softmax {
  readonly op: "Softmax";
}

export type Operator =
  | Conv
  | Gemm
  | BatchNormalization
  | Activation
  | Pool
  | GlobalPool
  | Arithmetic
  | Constant
  | Concat
  | Pad
  | Slice
  | Resize
  | Reshape
  | Transpose
  | Identity
  | Softmax;

export type OpName = Operator["op"];

/** One node: its operator, its name (also the name of its output value) and the values it reads. */
export type NodeSpec<O extends Operator = Operator> = O & {
  readonly name: string;
  readonly inputs: readonly string[];
};

/** What importers produce and users may write by hand. */
export interface NetworkSpec {
  readonly name?: string;
  readonly input: { readonly name: string; readonly shape: Shape };
  /** Topological order. */
  readonly nodes: readonly NodeSpec[];
  /** The value that holds the class scores, shape `[C]` (or `[1, 1, C]`). */
  readonly output: string;
  /** Class names, if the model carries them. */
  readonly classNames?: readonly string[];
}

/** A validated node with the shapes of what it reads and makes. */
export type Node<O extends Operator = Operator> = NodeSpec<O> & {
  readonly shape: Shape;
  readonly inputShapes: readonly Shape[];
};

/** A validated network: every shape known, no dead nodes, no final softmax, output `[classes]`. */
export interface Network {
  readonly name: string;
  readonly input: { readonly name: string; readonly shape: Shape };
  readonly nodes: readonly Node[];
  readonly output: string;
  readonly classes: number;
  readonly classNames?: readonly string[];
  /** True where a softmax was stripped, so the scores are logits although the model ends in probabilities. */
  readonly strippedSoftmax: boolean;
}

/** Number of values in a shape. */
export function sizeOf(shape: Shape): number {
  return shape.reduce((product, n) => product * n, 1);
}
