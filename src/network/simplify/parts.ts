import type { Narrowed } from "../../kernels/facts.js";
import { factsOf } from "../../kernels/operators/facts_of.js";
import { around, isWhole, type Part, shapeOfPart, wholeOf } from "../../kernels/part.js";
import type { Node, NodeSpec, Shape } from "../spec.js";
import { foldConstants } from "./constants.js";

/**
 * Computes of each value only what is read of it: where the scores come from the class token alone, the last block of a vision
 * transformer makes queries, and all that follows, for that token only. Undone where no multiply-add is saved, since a Slice that
 * moves may part what would become one step.
 *
 * @param nodes topological order, none dead
 */
export function narrow(nodes: readonly Node[], output: string): readonly Node[] {
  const narrowed = narrowedNodes(nodes, output);
  const result = new Emission(nodes, narrowed, output).nodes;
  return multiplyAdds(result) < multiplyAdds(nodes) ? foldConstants(result) : nodes;
}

/** Each node, from the last to the first, as the one that makes what its readers take. */
function narrowedNodes(nodes: readonly Node[], output: string): ReadonlyMap<string, Narrowed> {
  const needed = new Map<string, Part>();
  const narrowed = new Map<string, Narrowed>();
  for (const node of [...nodes].reverse()) {
    const part = needed.get(node.name);
    const all = { node, part: wholeOf(node.shape), inputs: node.inputShapes.map(wholeOf) };
    const made = (node.name !== output && part && factsOf(node).narrowed?.(node, part)) || all;
    narrowed.set(node.name, made);
    node.inputs.forEach((name, i) => {
      const known = needed.get(name);
      needed.set(name, known ? around(known, made.inputs[i]) : made.inputs[i]);
    });
  }
  return narrowed;
}

/** Writes the narrowed nodes, with a Slice where one of them reads less than there is. */
class Emission {
  readonly nodes: Node[] = [];
  private readonly made = new Map<string, { readonly name: string; readonly part: Part }>();
  private readonly slices = new Map<string, string>();

  constructor(nodes: readonly Node[], narrowed: ReadonlyMap<string, Narrowed>, output: string) {
    for (const original of nodes) {
      const { node, part, inputs } = narrowed.get(original.name) as Narrowed;
      const own = withShapes({ ...node } as NodeSpec, inputs.map(shapeOfPart));
      // A Slice of what is no longer there, or one that stays, between other bounds.
      const isNoOp = original.name !== output && inputs.length === 1 && factsOf(own).isIdentity(own);
      const names = node.inputs.map((name, i) =>
        this.read(name, inputs[i], original.inputShapes[i], isNoOp ? original.name : undefined),
      );
      this.made.set(original.name, {
        name: isNoOp ? names[0] : original.name,
        part,
      });
      if (!isNoOp) this.nodes.push({ ...own, inputs: names });
    }
  }

  /**
   * The name of a part of a value.
   *
   * @param as what a Slice that makes it may be called; else it gets a name that no model can have
   */
  private read(value: string, part: Part, shape: Shape, as?: string): string {
    // The image has no maker.
    const { name, part: there } = this.made.get(value) ?? { name: value, part: wholeOf(shape) };
    const starts = part.starts.map((start, axis) => start - there.starts[axis]);
    const ends = part.ends.map((end, axis) => end - there.starts[axis]);
    const whole = shapeOfPart(there);
    if (isWhole({ starts, ends }, whole)) return name;
    const key = `${name}/${starts}/${ends}`;
    const known = this.slices.get(key);
    if (known !== undefined) return known;
    const own = as ?? `${name}\u0000${starts}\u0000${ends}`;
    this.nodes.push(withShapes({ op: "Slice", starts, ends, name: own, inputs: [name] }, [whole]));
    this.slices.set(key, own);
    return own;
  }
}

function withShapes(node: NodeSpec, inputShapes: readonly Shape[]): Node {
  return { ...node, inputShapes, shape: factsOf(node).shape(node, inputShapes) };
}

function multiplyAdds(nodes: readonly Node[]): number {
  return nodes.reduce((sum, node) => sum + factsOf(node).multiplyAdds(node), 0);
}
