import type { AnyOperator, Node } from "../node.js";
import type { ReferenceOperator } from "../reference_operator.js";
import { type Float32Rule, U } from "./rule.js";

export interface LinearTerms<O extends AnyOperator> {
  readonly reference: ReferenceOperator<O>;
  /** The node with absolute weights; without its constant term unless `offset`. Default: it has none. */
  readonly absolute?: (node: Node<O>, offset: boolean) => Node<O>;
  /** What adds up absolute values, where that is another operator: of a difference, the sum. Default: `reference`. */
  readonly magnitude?: ReferenceOperator<O>;
  /** Units of roundoff that one value of the output may be off by, times its sum of absolute terms; 0: it copies. */
  readonly forward: (node: Node<O>) => number;
  /** The same of one cotangent of an input. */
  readonly vjp: (node: Node<O>, input: number) => number;
}

/**
 * A linear operator: to a sum of n products, `|error| <= c u sum |a b|` is added, c = n + 4 (one for the sum's start, the
 * rest for weights that were folded and rounded), and errors of operands propagate by its absolute weights.
 */
export function linear<O extends AnyOperator>(terms: LinearTerms<O>): Float32Rule<O> {
  const { reference, absolute = (node) => node, magnitude: sums = reference } = terms;
  return {
    forward(node, inputs) {
      const magnitude = sums.forward(
        absolute(node, true),
        inputs.map((x) => x.magnitude),
      );
      const propagated = sums.forward(
        absolute(node, false),
        inputs.map((x) => x.error),
      );
      const c = terms.forward(node);
      return { magnitude, error: propagated.map((e, i) => e + c * U * magnitude[i]) };
    },
    vjp(node, inputs, output) {
      const operands = inputs.map((x) => x.value);
      const absoluteNode = absolute(node, false);
      const back = (v: Float64Array) => sums.vjp(absoluteNode, operands, output, v);
      return {
        ties: [],
        shares({ value, error, magnitude, tied }) {
          const exact = reference.vjp(node, operands, output, value);
          const [errors, magnitudes, ties] = [back(error), back(magnitude), back(tied)];
          return inputs.map((_, i) => {
            const count = terms.vjp(node, i);
            return {
              value: exact[i],
              error: errors[i].map((e, j) => e + count * U * magnitudes[i][j]),
              magnitude: magnitudes[i],
              tied: ties[i],
              terms: count,
            };
          });
        },
      };
    },
  };
}

/** A linear operator that moves values and adds nothing up: exact. */
export function moves<O extends AnyOperator>(reference: ReferenceOperator<O>): Float32Rule<O> {
  return linear({ reference, forward: () => 0, vjp: () => 0 });
}
