/** What an operator brings along for the suites that every operator goes through. Types only: nothing of it is bundled. */
import type { AnyOperator, Pads, Pair, Shape } from "./node.js";

/** An operator with its attributes and the shapes of its inputs. */
export interface Sample<O extends AnyOperator = AnyOperator> {
  readonly operator: O;
  readonly shapes: readonly Shape[];
}

/** Numbers small enough to be checked by hand. */
export interface Example<O extends AnyOperator = AnyOperator> extends Sample<O> {
  readonly name: string;
  readonly inputs: readonly (readonly number[])[];
  readonly shape: Shape;
  readonly output: readonly number[];
  readonly cotangent: readonly number[];
  /** For each input. */
  readonly gradients: readonly (readonly number[])[];
}

/** A network of an interesting node or two. */
export interface OperatorCase {
  /** `operator/what varies`. */
  readonly name: string;
  /** Of the image. */
  readonly shape: Shape;
  /** Adds nodes to an image and returns the name of a value. */
  readonly grow: (net: CaseNetwork, image: string) => string;
  /** A dense layer with so many units on that value gives the scores; null: it is the scores. Default 5. */
  readonly classes?: number | null;
}

/** Of a function of each value by itself, whose kernels are tried at every exponent. */
export interface ElementWiseTesting<O extends AnyOperator = AnyOperator> {
  /** How far its float64 reference cancels, times min(16, |x|); 0: nowhere. */
  readonly cancellation: number;
  /** Float32 arithmetic on x, or on what multiplies it, is rounded first: errors are of max(1, |x|), not of |y|. */
  readonly roundsInput: (operator: O) => boolean;
  /** Where kernels are held to the reference: where it is defined and continuous. Default: everywhere. */
  readonly defined?: (operator: O, x: number) => boolean;
  /** Value or derivative grow beyond all bounds: errors in float32 arithmetic are of |y| and |f'|. Default false. */
  readonly unbounded?: boolean;
  /** By how much float32 arithmetic may be worse at x than others are. Default 1. */
  readonly condition?: (operator: O, x: number) => number;
  /** The derivative is 0 wherever there is one. Default false. */
  readonly flat?: boolean;
}

export interface OperatorTesting<O extends AnyOperator = AnyOperator> {
  /** The attributes that networks use and one odd choice where there are two. */
  readonly samples: readonly Sample<O>[];
  readonly examples: readonly Example<O>[];
  /**
   * Sweeps over the sizes and attributes where kernels go wrong. Weights are multiples of 1/16; with pixels that are too, most
   * are exact in float32 up to the last layer, and exact zeros and ties occur, so that kink and tie conventions are
   * tested.
   */
  readonly cases: readonly OperatorCase[];
  /**
   * Where values of an input may lie for differences of its neighbours to say what its derivative is: away from where the
   * operator is not defined or bends too much. Default [-4, 4].
   */
  readonly domain?: (input: number) => readonly [low: number, high: number];
  readonly elementWise?: ElementWiseTesting<O>;
}

export type Padding = "same" | "valid" | Pads;

export interface WindowOptions {
  readonly kernel?: number | Pair;
  readonly strides?: number | Pair;
  readonly dilations?: number | Pair;
  readonly pads?: Padding;
}

export interface ConvOptions extends WindowOptions {
  readonly filters: number;
  readonly groups?: number;
  readonly bias?: boolean;
}

/** Grows a network node by node with random weights; methods take the names of values and return a name. */
export interface CaseNetwork {
  shapeOf(value: string): Shape;
  add<O extends AnyOperator>(operator: O, ...inputs: string[]): string;
  conv(from: string, options: ConvOptions): string;
  gemm(from: string, units: number, bias?: boolean): string;
  batchNormalization(from: string): string;
  pool(from: string, op: "MaxPool" | "AveragePool", options: WindowOptions): string;
  relu(from: string): string;
  constant(shape: Shape, range?: number): string;
  flatten(from: string): string;
  /** Uniform in [-range, range]. */
  weights(count: number, range: number): Float32Array;
}

/** 1, T - 1, T, T + 1 and 2 T + 3 for tiles of 4 and 8, and two primes. */
export const SIZES: readonly number[] = [1, 3, 4, 5, 7, 8, 9, 11, 13, 19];

/** Every step of a kernel's choices: fewer sizes, for sweeps of two at once. */
export const FEW_SIZES: readonly number[] = [1, 3, 4, 5, 8, 11];

/** A window's attributes for the name of a case. */
export function describeWindow({
  kernel = 1,
  strides = 1,
  dilations = 1,
  pads = "valid",
}: WindowOptions): string {
  return `kernel ${kernel} stride ${strides} dilation ${dilations} pads ${pads}`;
}

/** A case by its parts. */
export function operatorCase(
  name: string,
  shape: Shape,
  grow: OperatorCase["grow"],
  classes?: number | null,
): OperatorCase {
  return classes === undefined ? { name, shape, grow } : { name, shape, grow, classes };
}
