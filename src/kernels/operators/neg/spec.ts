import { elementWiseFacts } from "../../element_wise/facts.js";
import type { OperatorFacts } from "../../facts.js";

/** `-x`. */
export interface Neg {
  readonly op: "Neg";
}

export const facts: OperatorFacts<Neg> = {
  ...elementWiseFacts<Neg>(),
  affine(_node, { shape }) {
    const channels = shape[shape.length - 1];
    return { scale: new Float64Array(channels).fill(-1), offset: new Float64Array(channels) };
  },
};
