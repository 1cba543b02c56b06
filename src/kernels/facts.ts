/** What everybody else may know of an operator: data that the network's rewrites and the engines' planners read. */
import type { Absent } from "./absent.js";
import type { AnyOperator, Clamp, Node, NodeSpec, Pads, Shape } from "./node.js";
import type { Part } from "./part.js";

/** `y = scale[c] x + offset[c]`, one pair per channel of the last axis. */
export interface ChannelAffine {
  readonly scale: Float64Array;
  readonly offset: Float64Array;
}

/** A value of the model itself. */
export interface ConstantValue {
  readonly shape: Shape;
  readonly data: Float32Array;
}

/**
 * How the live units of an operator's inputs show in its output:
 *
 * - `copies`: every unit of the output is one unit of one input, or 0;
 * - `maximum`: every unit of the output is the largest of some units of one channel, and only the winner gets its
 *   cotangent;
 * - `mixes`: neither.
 */
export type Liveness = "copies" | "maximum" | "mixes";

/** A node that makes a part of what another does. */
export interface Narrowed<O extends AnyOperator = AnyOperator> {
  /** Its attributes, name and inputs; where an operator reads by places, relative to the parts of the inputs. */
  readonly node: NodeSpec<O>;
  /** What it makes: the part asked for, and what it cannot leave out. */
  readonly part: Part;
  /** What it reads of each input. */
  readonly inputs: readonly Part[];
}

export interface OperatorFacts<O extends AnyOperator = AnyOperator> {
  /** Why it can be nowhere but at the end of a network, where it is left out: no engine has it. Default: every engine does. */
  readonly missing?: Absent;
  /** Fewest and most inputs. */
  readonly inputs: readonly [least: number, most: number];
  /**
   * Validates every attribute and returns the per-image shape of the output.
   *
   * @throws ModelError for an attribute, a weight array or an input shape that does not fit
   */
  readonly shape: (node: NodeSpec<O>, inputShapes: readonly Shape[]) => Shape;
  /** The arrays of the model that it owns. */
  readonly weights: (operator: O) => readonly Float32Array[];
  /**
   * Multiply-adds of a forward pass over one image, as the field counts them: convolutions and products of matrices, 0
   * for everything element-wise. A backward pass to the input costs as many for each class.
   */
  readonly multiplyAdds: (node: Node<O>) => number;

  /** True where the output is the first input, value for value. */
  readonly isIdentity: (node: Node<O>) => boolean;
  /** The output is the input in the same order, under another shape: another name of the same storage. */
  readonly reshapes: boolean;
  /**
   * How it turns class scores into probabilities, if it does, in the same order, so that it is left out at the end of a
   * network: unifool works on logits. "softmax": of classes that exclude each other; "sigmoid": each by itself.
   */
  readonly probabilities: (node: Node<O>) => "softmax" | "sigmoid" | undefined;

  /** The zero padding that it is, if it is one. */
  readonly zeroPads: ((operator: O) => Pads) | undefined;
  /** The node that pads its input by so much more zeros. */
  readonly absorbsPads: ((node: Node<O>, pads: Pads) => Node<O>) | undefined;
  /**
   * The node as a function of its input `x`, if it is affine with one scale and offset per channel; `constant` finds the
   * model's own values.
   */
  readonly affine:
    | ((
        node: Node<O>,
        x: { readonly name: string; readonly shape: Shape },
        constant: (name: string) => ConstantValue | undefined,
      ) => ChannelAffine | undefined)
    | undefined;
  /** The node followed by affine functions of its output's channels, one or more; undefined if float32 cannot hold it. */
  readonly absorbsAffine:
    | ((node: Node<O>, affines: readonly ChannelAffine[]) => Node<O> | undefined)
    | undefined;

  /** The node that makes a part of its output from parts of its inputs, value for value the same; undefined: there is none. */
  readonly narrowed: ((node: Node<O>, part: Part) => Narrowed<O> | undefined) | undefined;

  /** The clamp that it is, if it is one. */
  readonly clamp: ((operator: O) => Clamp) | undefined;
  /** Every engine can clamp its output in the same step. */
  readonly takesClamp: boolean;
  /** True where every engine can add a value of the output's shape in the same step. */
  readonly takesResidual: (node: Node<O>) => boolean;
  /** It is the sum of its inputs, which may join the step of one of them as its residual. */
  readonly isSum: boolean;
  /** `op(a, b, c)` is `op(op(a, b), c)`, and engines compute pairs. */
  readonly pairwise: boolean;

  /** Channel c of the output depends on channel c of the input alone, in shape and value. */
  readonly channelwise: boolean;
  readonly liveness: (node: Node<O>) => Liveness;
}

const no = () => false;
const none = () => [];

/** Facts of operators that own no weights, multiply nothing and are nothing special. */
export const WITHOUT_WEIGHTS = {
  weights: none,
  multiplyAdds: () => 0,
} satisfies Partial<OperatorFacts>;

/** Facts of operators that are no way of writing their input. */
export const CHANGES_VALUES = {
  isIdentity: no,
  reshapes: false,
  probabilities: () => undefined,
} satisfies Partial<OperatorFacts>;

/** Facts of operators that no rewrite folds into another. */
export const FOLDS_NOTHING = {
  zeroPads: undefined,
  absorbsPads: undefined,
  affine: undefined,
  absorbsAffine: undefined,
  narrowed: undefined,
} satisfies Partial<OperatorFacts>;

/** Facts of operators that are steps of their own. */
export const FUSES_NOTHING = {
  clamp: undefined,
  takesClamp: false,
  takesResidual: no,
  isSum: false,
  pairwise: false,
} satisfies Partial<OperatorFacts>;

export const mixes = (): Liveness => "mixes";
export const copies = (): Liveness => "copies";
export const maximum = (): Liveness => "maximum";
