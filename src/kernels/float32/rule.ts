/**
 * How far a float32 evaluation of one operator may be from the exact one, by running error analysis beside a float64
 * evaluation. Each operator states its rule beside its reference; tests add the rules up over a network.
 */
import type { AnyOperator, Node } from "../node.js";

/** Unit roundoff of float32. */
export const U = 2 ** -24;

/** A value of one image with what float32 may make of it; arrays of one length. */
export interface Inexact {
  /** Exact. */
  readonly value: Float64Array;
  /** How far off a float32 evaluation may be. */
  readonly error: Float64Array;
  /** At least |value|: sum |a b| over the linear operators since the last non-linear one, which may be folded. */
  readonly magnitude: Float64Array;
}

/** A cotangent as it travels back: its errors, and apart from them what ties may do. */
export interface InexactCotangent extends Inexact {
  readonly tied: Float64Array;
  /** Terms that were summed into it. */
  readonly terms: number;
}

/** A unit that float32 may see on the other side of a kink, or a maximum that it may find elsewhere. */
export interface Tie {
  readonly node: string;
  readonly unit: number;
  /** Input of the kink; for a maximum, the winner's. */
  readonly at: number;
  readonly error: number;
}

/** The vjp of a node at inexact inputs. */
export interface InexactVjp {
  readonly ties: readonly Tie[];
  /** The share of each input in a cotangent of the output. */
  readonly shares: (cotangent: InexactCotangent) => InexactCotangent[];
}

export interface Float32Rule<O extends AnyOperator = AnyOperator> {
  /** @param value the exact output */
  forward(node: Node<O>, inputs: readonly Inexact[], value: Float64Array): Omit<Inexact, "value">;
  vjp(node: Node<O>, inputs: readonly Inexact[], value: Float64Array): InexactVjp;
}

export function add(a: Float64Array, b: Float64Array): Float64Array {
  return a.map((v, i) => v + b[i]);
}

export function absolute(values: Float32Array): Float32Array {
  return values.map(Math.abs);
}
