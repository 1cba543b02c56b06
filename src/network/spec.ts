/**
 * The network description that every importer produces and every engine consumes: a small graph of
 * standard operators with ONNX names and semantics, channels last, static shapes but for the batch.
 *
 * All shapes are **per image**: the batch axis is never written. An image is `[H, W, C]`, a feature vector
 * `[D]`. A node's output value carries the node's name; nodes are listed in topological order. What each operator
 * means is in its folder of `src/kernels/operators`.
 */
import type * as kernels from "../kernels/node.js";
import type { Shape } from "../kernels/node.js";
import type { Operator } from "../kernels/operators/operator.js";

export type { Pads, Pair, Shape } from "../kernels/node.js";
export { sizeOf } from "../kernels/node.js";
export type * from "../kernels/operators/members.generated.js";
export type { Operator, OperatorNamed, OpName } from "../kernels/operators/operator.js";

/** One node: its operator, its name (also the name of its output value) and the values it reads. */
export type NodeSpec<O extends Operator = Operator> = kernels.NodeSpec<O>;

/** What importers produce and users may write by hand. */
export interface NetworkSpec {
  readonly name?: string;
  readonly input: { readonly name: string; readonly shape: Shape };
  /** Topological order. */
  readonly nodes: readonly NodeSpec[];
  /** The value that holds the class scores, shape `[C]` (or `[1, 1, C]`). */
  readonly output: string;
  /** Class names, if the model carries them; of a model with one score, of its two classes or of the one that it scores. */
  readonly classNames?: readonly string[];
  /** What an importer noticed that is no error, and that the model's user may not expect. */
  readonly warnings?: readonly string[];
}

/** A validated node with the shapes of what it reads and makes. */
export type Node<O extends Operator = Operator> = kernels.Node<O>;

/** A validated network: every shape known, no dead nodes, no final softmax or sigmoid, output `[classes]`. */
export interface Network {
  readonly name: string;
  readonly input: { readonly name: string; readonly shape: Shape };
  readonly nodes: readonly Node[];
  readonly output: string;
  readonly classes: number;
  readonly classNames?: readonly string[];
  /** What its importer noticed. */
  readonly warnings?: readonly string[];
  /** True where a softmax was stripped, so the scores are logits although the model ends in probabilities. */
  readonly strippedSoftmax: boolean;
  /**
   * True where a sigmoid was stripped: with several outputs the model gives each class a probability by itself, and its
   * label here is the likeliest one.
   */
  readonly strippedSigmoid: boolean;
  /** True where the model has one score z, which became two: `[0, z]`, so that class 1 is where z is positive. */
  readonly singleScore: boolean;
}
