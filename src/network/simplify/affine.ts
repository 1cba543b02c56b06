import type { ChannelAffine } from "../../kernels/facts.js";
import { factsOf } from "../../kernels/operators/facts_of.js";
import { consumersOf } from "../graph.js";
import type { Constant, Node } from "../spec.js";

/**
 * Folds batch normalisations and arithmetic with per-channel constants into the layer before them that can take them in.
 * A fold needs every intermediate value to have one reader. Folding into a *later* convolution would be wrong at a padded
 * border, where the offset does not reach, so it is not done. A fold whose weights overflow float32 is left undone.
 *
 * @param nodes topological order, none dead
 */
export function foldAffine(nodes: readonly Node[], output: string): readonly Node[] {
  const consumers = consumersOf(nodes);
  const constants = new Map(nodes.flatMap((node) => (node.op === "Constant" ? [[node.name, node]] : [])));
  const folded = new Set<Node>();
  const result: Node[] = [];
  for (const node of nodes) {
    if (folded.has(node)) continue;
    const { absorbsAffine } = factsOf(node);
    const chain = absorbsAffine ? affineChain(node, consumers, constants, output) : [];
    const layer =
      chain.length > 0
        ? absorbsAffine?.(
            node,
            chain.map(({ affine }) => affine),
          )
        : undefined;
    result.push(layer ? { ...layer, name: chain[chain.length - 1].node.name } : node);
    if (layer) for (const link of chain) folded.add(link.node);
  }
  return result;
}

interface Link {
  readonly node: Node;
  readonly affine: ChannelAffine;
}

/** The per-channel affine nodes that follow `layer`, each the only reader of the one before. */
function affineChain(
  layer: Node,
  consumers: ReadonlyMap<string, Node[]>,
  constants: ReadonlyMap<string, Node<Constant>>,
  output: string,
): Link[] {
  const chain: Link[] = [];
  let end = layer;
  while (end.name !== output) {
    const readers = consumers.get(end.name) ?? [];
    if (readers.length !== 1) break;
    const [node] = readers;
    const affine = factsOf(node).affine?.(node, end, (name) => constants.get(name));
    if (affine === undefined) break;
    end = node;
    chain.push({ node, affine });
  }
  return chain;
}
