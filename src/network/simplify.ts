import { foldAffine } from "./simplify/affine.js";
import { joinCompositions } from "./simplify/compositions.js";
import { foldConstants } from "./simplify/constants.js";
import { joinLayerNormalizations } from "./simplify/layer_normalizations.js";
import { dropNoOps } from "./simplify/no_ops.js";
import { foldPads } from "./simplify/pads.js";
import { narrow } from "./simplify/parts.js";
import { rewritten } from "./simplify/rewritten.js";
import type { Network } from "./spec.js";

/**
 * An equivalent network with fewer nodes, for engines that care about speed. The reference engine runs the
 * network as built, so that it can judge this function too.
 *
 * - {@link foldConstants}: nodes that depend on constants only become constants;
 * - {@link dropNoOps}: identities and rearrangements that change nothing go;
 * - {@link joinCompositions}, {@link joinLayerNormalizations}: what spells out an operator becomes that operator;
 * - {@link narrow}: of a value of which a part is read, no more than that is computed;
 * - {@link foldPads}: zero padding moves into the convolution that reads it;
 * - {@link foldAffine}: batch normalisation and per-channel constants move into the layer before them.
 *
 * All but two are exact. Joining takes constants for what they were before a file rounded them to float32; {@link foldAffine}
 * computes in float64 and rounds each weight and bias once: scores and gradients agree to within float32 rounding. Names stay: a folded node
 * carries the name of the last node of the fold, and the output keeps its name, shape and class order.
 * The input network is not changed; arrays that no rewrite touches are shared with it.
 *
 * @param options `narrows: false` leaves out {@link narrow}, for who compares with engines that compute all there is
 *
 * @example
 * const network = simplify(buildNetwork(spec));
 */
export function simplify(network: Network, { narrows = true } = {}): Network {
  return rewritten(network, [
    foldConstants,
    dropNoOps,
    joinCompositions,
    joinLayerNormalizations,
    ...(narrows ? [narrow] : []),
    foldPads,
    foldAffine,
  ]);
}
