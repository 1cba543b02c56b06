import { foldAffine } from "./simplify/affine.js";
import { dropNoOps } from "./simplify/no_ops.js";
import { foldPads } from "./simplify/pads.js";
import { type Rewrite, rewritten } from "./simplify/rewritten.js";
import type { Network, OpName } from "./spec.js";

/** What `simplify` gives; rewrites that find nothing in a network, as in most that are convolutions and no more, are not loaded. */
export async function simplifyAsNeeded(network: Network): Promise<Network> {
  const used = new Set(network.nodes.map(({ op }) => op));
  const where = async (needed: readonly OpName[], load: () => Promise<Rewrite>): Promise<Rewrite[]> =>
    needed.some((op) => used.has(op)) ? [await load()] : [];
  const [constants, compositions, normalizations, parts] = await Promise.all([
    where(["Constant"], async () => (await import("./simplify/constants.js")).foldConstants),
    // What ends a spelling, and what every spelling has.
    where(["Mul", "Div"], async () => (await import("./simplify/compositions.js")).joinCompositions),
    where(["Sub"], async () => (await import("./simplify/layer_normalizations.js")).joinLayerNormalizations),
    // What reads a part of a value.
    where(["Slice", "Gather"], async () => (await import("./simplify/parts.js")).narrow),
  ]);
  return rewritten(network, [
    ...constants,
    dropNoOps,
    ...compositions,
    ...normalizations,
    ...parts,
    foldPads,
    foldAffine,
  ]);
}
