import { quoted, rejectModel } from "../failure.js";

/**
 * The nodes that these depend on, themselves included, each after what it reads. Iterative: a deep network must not overflow
 * the stack.
 *
 * @param sourcesOf nodes that a node reads
 * @throws ModelError for a node that depends on itself
 */
export function dependencies<N>(
  roots: readonly N[],
  sourcesOf: (node: N) => readonly N[],
  nameOf: (node: N) => string,
  where: string,
): N[] {
  const done = new Set<N>();
  const waiting = new Set<N>();
  const ordered: N[] = [];
  for (const root of roots) {
    if (done.has(root)) continue;
    // Depth-first: `path` is the chain of nodes that wait for the next one's value.
    const path = [{ node: root, sources: sourcesOf(root), next: 0 }];
    waiting.add(root);
    while (path.length > 0) {
      const top = path[path.length - 1];
      if (top.next === top.sources.length) {
        path.pop();
        waiting.delete(top.node);
        done.add(top.node);
        ordered.push(top.node);
        continue;
      }
      const source = top.sources[top.next++];
      if (done.has(source)) continue;
      if (waiting.has(source)) rejectModel(where, `node ${quoted(nameOf(source))} depends on itself`);
      waiting.add(source);
      path.push({ node: source, sources: sourcesOf(source), next: 0 });
    }
  }
  return ordered;
}
