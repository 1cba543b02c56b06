import { buildNetwork } from "../build.js";
import { ancestors } from "../graph.js";
import type { Network, Node } from "../spec.js";

/** Nodes in topological order, none dead, that compute the same with fewer of them. */
export type Rewrite = (nodes: readonly Node[], output: string) => readonly Node[];

/** The network after some rewrites, in that order. Building it again validates them and infers the shapes anew. */
export function rewritten(network: Network, rewrites: readonly Rewrite[]): Network {
  const { output } = network;
  const nodes = rewrites.reduce<readonly Node[]>(
    (before, rewrite) => withoutDead(rewrite(before, output), output),
    network.nodes,
  );
  return buildNetwork({ ...network, nodes });
}

/** Rewrites count consumers, so a node that nothing needs any more must not hold on to its inputs. */
function withoutDead(nodes: readonly Node[], output: string): readonly Node[] {
  const needed = ancestors(nodes, output);
  return nodes.filter((node) => needed.has(node.name));
}
