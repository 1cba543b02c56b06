import { convChannelCases, convGeometryCases, groupCases } from "./cases/conv.js";
import { gemmCases, normalizationCases } from "./cases/dense.js";
import { activationCases, arithmeticCases } from "./cases/element_wise.js";
import { fusionCases } from "./cases/fusion.js";
import { graphCases } from "./cases/graph.js";
import { concatCases, layoutCases, resizeCases } from "./cases/layout.js";
import type { OperatorCase } from "./cases/operator_case.js";
import { poolCases } from "./cases/pool.js";

export type { OperatorCase } from "./cases/operator_case.js";

/**
 * Hand-written cases, one or two interesting nodes each, that sweep every operator over the sizes and attributes
 * where kernels go wrong. Weights are multiples of 1/16; with pixels that are too, most cases are exact in
 * float32 up to the last layer, and exact zeros and ties occur, so kink and tie conventions are tested.
 *
 * A `masked` convolution lies between two relus, a `dense` one between linear nodes.
 */
export function operatorCases(): OperatorCase[] {
  return [
    ...convChannelCases(),
    ...convGeometryCases(),
    ...groupCases(),
    ...gemmCases(),
    ...normalizationCases(),
    ...activationCases(),
    ...poolCases(),
    ...arithmeticCases(),
    ...concatCases(),
    ...layoutCases(),
    ...resizeCases(),
    ...graphCases(),
    ...fusionCases(),
  ];
}
