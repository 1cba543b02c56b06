import {
  CHANGES_VALUES,
  FOLDS_NOTHING,
  FUSES_NOTHING,
  mixes,
  type OperatorFacts,
  WITHOUT_WEIGHTS,
} from "../facts.js";
import type { AnyOperator, NodeSpec } from "../node.js";

/**
 * Facts of a function of each value by itself. It keeps its input's shape; only its parameters can be wrong.
 *
 * @param check throws for parameters that do not fit
 */
export function elementWiseFacts<O extends AnyOperator>(
  check: (node: NodeSpec<O>) => void = () => {},
): OperatorFacts<O> {
  return {
    inputs: [1, 1],
    shape: (node, [input]) => {
      check(node);
      return input;
    },
    ...WITHOUT_WEIGHTS,
    ...CHANGES_VALUES,
    ...FOLDS_NOTHING,
    narrowed: (node, part) => ({ node, part, inputs: [part] }),
    ...FUSES_NOTHING,
    channelwise: true,
    liveness: mixes,
  };
}
