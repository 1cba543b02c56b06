import { testing } from "../../src/kernels/operators/testing.generated.js";
import type { OperatorCase as CaseParts } from "../../src/kernels/testing.js";
import type { NetworkSpec } from "../../src/network/spec.js";
import { fusionCases } from "./cases/fusion.js";
import { graphCases } from "./cases/graph.js";
import { NetworkBuilder } from "./network_builder.js";

export interface OperatorCase {
  /** `operator/what varies`. */
  readonly name: string;
  readonly spec: NetworkSpec;
}

const CLASSES = 5;

/**
 * Hand-written networks, one or two interesting nodes each, that sweep every operator over the sizes and attributes
 * where kernels go wrong: those of the operators' own folders, and neighbourhoods of several operators. Weights are
 * multiples of 1/16; with pixels that are too, most cases are exact in float32 up to the last layer, and exact zeros and
 * ties occur, so kink and tie conventions are tested.
 *
 * A `masked` convolution lies between two relus, a `dense` one between linear nodes.
 */
export function operatorCases(): OperatorCase[] {
  const own = Object.values(testing).flatMap(({ cases }) => cases);
  return [...own, ...graphCases(), ...fusionCases()].map(grown);
}

/** Everything random in a case comes from its name. */
function grown({ name, shape, grow, classes = CLASSES }: CaseParts): OperatorCase {
  const seed = [...name].reduce((hash, letter) => (Math.imul(hash, 31) + letter.charCodeAt(0)) | 0, 7);
  const net = new NetworkBuilder(shape, seed, 1 / 16);
  return { name, spec: net.build(grow(net, net.input), classes ?? undefined) };
}
