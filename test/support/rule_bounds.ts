import type { Float32Rule, InexactCotangent } from "../../src/kernels/float32/rule.js";
import { float32 } from "../../src/kernels/operators/float32.generated.js";
import { referenceOf } from "../../src/kernels/operators/reference_of.js";
import type { Node } from "../../src/network/spec.js";

/** A value in float64 and how far float32 arithmetic on exact operands may be from it. */
export interface Bounded {
  readonly value: Float64Array;
  readonly error: Float64Array;
}

/** What a node makes of exact inputs and of an exact cotangent, by its reference and its float32 rule. */
export interface NodeBounds {
  readonly y: Bounded;
  /** The share of each input in a cotangent of the output. */
  readonly back: (dy: ArrayLike<number>) => readonly Bounded[];
}

export function nodeBounds(node: Node, inputs: readonly Float32Array[]): NodeBounds {
  const rule = float32[node.op] as Float32Rule;
  const exact = inputs.map((x) => ({
    value: Float64Array.from(x),
    error: new Float64Array(x.length),
    magnitude: Float64Array.from(x, Math.abs),
  }));
  const value = referenceOf(node.op)!.forward(
    node,
    exact.map((x) => x.value),
  );
  const vjp = rule.vjp(node, exact, value);
  return {
    y: { value, error: rule.forward(node, exact, value).error },
    back(dy) {
      const g = Float64Array.from(dy);
      const none = new Float64Array(g.length);
      const cotangent: InexactCotangent = {
        value: g,
        error: none,
        magnitude: g.map(Math.abs),
        tied: none,
        terms: 0,
      };
      return vjp.shares(cotangent);
    },
  };
}
