import { emitPair, type PairKernel, type PairLowering, pairs } from "../arithmetic/lower_wasm.js";
import { type AnyOperator, sizeOf } from "../node.js";

/**
 * The larger or smaller of two. The forward step keeps 1 where an operand won and 0 elsewhere.
 *
 * @param wins the operands so that the first won where it is at least the second
 */
export function extremes<O extends AnyOperator>(
  kernel: PairKernel<O>["kernel"],
  wins: <T>(a: T, b: T) => readonly [T, T],
): PairLowering<O> {
  return pairs<O>({
    kernel,
    factors: ["kept", "kept"],
    keep({ node }, [a, b], context) {
      const bytes = 4 * sizeOf(node.shape) + 16;
      const [factor0, factor1] = [context.memory.reserve(bytes), context.memory.reserve(bytes)];
      const [first, second] = wins({ in: a }, { in: b });
      emitPair("arithmetic_at_least", node, first, second, factor0, context);
      emitPair("arithmetic_not_at_least", node, first, second, factor1, context);
      return { factor0, factor1 };
    },
  });
}
