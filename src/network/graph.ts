/** Order and reachability of a network's nodes. Iterative throughout: a deep model must not overflow the stack. */

import { ModelError } from "../errors.js";
import { nameText } from "../kernels/checks.js";
import type { NodeSpec } from "./spec.js";

/**
 * The nodes so that each comes after what it reads. Nodes already in such an order keep it.
 *
 * @param nodes with unique names; inputs that no node makes are taken as given
 * @throws ModelError for a cycle, naming its nodes
 */
export function topologicalOrder<N extends NodeSpec>(nodes: readonly N[]): N[] {
  const byName = new Map(nodes.map((node) => [node.name, node]));
  const placed = new Set<string>();
  const order: N[] = [];
  for (const root of nodes) {
    if (placed.has(root.name)) continue;
    // Depth-first: `path` is the chain of nodes that wait for the next one's value.
    const path = [{ node: root, next: 0 }];
    const waiting = new Set([root.name]);
    while (path.length > 0) {
      const top = path[path.length - 1];
      if (top.next === top.node.inputs.length) {
        path.pop();
        waiting.delete(top.node.name);
        placed.add(top.node.name);
        order.push(top.node);
        continue;
      }
      const input = byName.get(top.node.inputs[top.next++]);
      if (input === undefined || placed.has(input.name)) continue;
      if (waiting.has(input.name))
        rejectCycle(
          path.map(({ node }) => node.name),
          input.name,
        );
      path.push({ node: input, next: 0 });
      waiting.add(input.name);
    }
  }
  return order;
}

function rejectCycle(path: readonly string[], again: string): never {
  const cycle = [...path.slice(path.indexOf(again)), again].reverse();
  const text = cycle.length > 8 ? [...cycle.slice(0, 4), "...", ...cycle.slice(-3)] : cycle;
  throw new ModelError(
    `compile: nodes ${text.map((name) => `"${nameText(name)}"`).join(" -> ")} form a cycle, expected an acyclic graph`,
  );
}

/** Names of every value that `output` depends on, itself included. `nodes` in topological order. */
export function ancestors(nodes: readonly NodeSpec[], output: string): Set<string> {
  const names = new Set([output]);
  for (let i = nodes.length - 1; i >= 0; i--)
    if (names.has(nodes[i].name)) for (const input of nodes[i].inputs) names.add(input);
  return names;
}

/** For each value, the nodes that read it, once per read: `Add(x, x)` reads x twice. */
export function consumersOf<N extends NodeSpec>(nodes: readonly N[]): Map<string, N[]> {
  const consumers = new Map<string, N[]>();
  for (const node of nodes)
    for (const input of node.inputs) {
      const list = consumers.get(input);
      if (list) list.push(node);
      else consumers.set(input, [node]);
    }
  return consumers;
}
