import type { Tensor } from "@tensorflow/tfjs-core";
import { arithmetic } from "../arithmetic/tfjs.js";
import type { AnyOperator } from "../node.js";
import type { TfNamespace } from "../tfjs/namespace.js";
import { indicator, type MakeOperator } from "../tfjs/operator.js";

/** @param wins compares operands so that the first is the winner where it is above, or at least as high as, the second */
export function extremes<O extends AnyOperator>(
  combine: (tf: TfNamespace) => (a: Tensor, b: Tensor) => Tensor,
  wins: <T>(a: T, b: T) => readonly [T, T],
): MakeOperator<O> {
  return arithmetic<O>((tf) => ({
    combine: combine(tf),
    // Above all before it and at least as high as all after it: the first of the equal.
    factor: (inputs, j) =>
      inputs
        .flatMap((other, i) => {
          if (i === j) return [];
          const [first, second] = wins(inputs[j], other);
          return [indicator(tf, i < j ? tf.greater(first, second) : tf.greaterEqual(first, second))];
        })
        .reduce((all, one) => tf.mul(all, one)),
  }));
}
