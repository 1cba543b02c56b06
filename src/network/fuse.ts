import { type Step, sameShape, sizeOf } from "../kernels/node.js";
import { factsOf } from "../kernels/operators/facts_of.js";
import type { Operator } from "../kernels/operators/operator.js";
import { broadcast } from "../kernels/strided.js";
import type { Network, Node, Shape } from "./spec.js";

/** One step of an optimised engine: an operator of the network with what was fused into it. */
export type FusedStep = Step<Operator>;

export interface FusedNetwork {
  readonly input: string;
  readonly inputShape: Shape;
  readonly steps: readonly FusedStep[];
  /** Storage name of the logits. */
  readonly output: string;
  readonly classes: number;
  /** Number of values per storage name. */
  readonly sizes: ReadonlyMap<string, number>;
}

/**
 * Groups a (simplified) network into steps: a Relu or Clip joins the convolution, dense layer or arithmetic that
 * feeds only it; an Add joins the convolution that feeds only it, as that convolution's residual; n-ary
 * arithmetic becomes a chain of pairs; reshapes disappear. Exact: the same sums in the same order.
 */
export function fuse(network: Network): FusedNetwork {
  const nodes = network.nodes.flatMap(pairwise);
  const alias = new Map<string, string>();
  const resolve = (name: string): string => alias.get(name) ?? name;
  const sizes = new Map<string, number>([[network.input.name, sizeOf(network.input.shape)]]);
  const uses = countUses(nodes, network.output);
  const steps: FusedStep[] = [];
  const producer = new Map<string, number>();

  const push = (step: FusedStep): void => {
    producer.set(step.output, steps.length);
    steps.push(step);
  };
  /** The step that may absorb the only reader of `name`: not yet clamped, nothing reads it in between. */
  const absorbing = (name: string): number | undefined => {
    const index = producer.get(resolve(name));
    return index !== undefined && uses.get(resolve(name)) === 1 && !steps[index].clamp ? index : undefined;
  };
  const extend = (index: number, node: Node, extra: Partial<FusedStep>): void => {
    const step = steps[index];
    producer.delete(step.output);
    steps[index] = { ...step, ...extra, output: node.name };
    producer.set(node.name, index);
  };

  for (const node of nodes) {
    sizes.set(node.name, sizeOf(node.shape));
    const facts = factsOf(node);
    if (facts.reshapes) {
      const root = resolve(node.inputs[0]);
      alias.set(node.name, root);
      // Reading the alias is reading the root: the alias's own reader replaces this node's read.
      uses.set(root, (uses.get(root) ?? 0) - 1 + (uses.get(node.name) ?? 0));
      continue;
    }
    const clamp = facts.clamp?.(node);
    if (clamp) {
      const index = absorbing(node.inputs[0]);
      if (index !== undefined && factsOf(steps[index].node).takesClamp) {
        extend(index, node, { clamp });
        continue;
      }
      push({ node, inputs: node.inputs.map(resolve), output: node.name, clamp });
      continue;
    }
    if (facts.isSum && sameShapes(node)) {
      const joined = [1, 0].find((i) => {
        const index = absorbing(node.inputs[i]);
        const other = producer.get(resolve(node.inputs[1 - i]));
        // The residual must exist before the convolution runs.
        return (
          index !== undefined &&
          factsOf(steps[index].node).takesResidual(steps[index].node) &&
          !steps[index].residual &&
          (other === undefined || other < index) &&
          resolve(node.inputs[0]) !== resolve(node.inputs[1])
        );
      });
      if (joined !== undefined) {
        const index = absorbing(node.inputs[joined]) as number;
        extend(index, node, { residual: resolve(node.inputs[1 - joined]) });
        continue;
      }
    }
    push({ node, inputs: node.inputs.map(resolve), output: node.name });
  }
  return {
    input: network.input.name,
    inputShape: network.input.shape,
    steps,
    output: resolve(network.output),
    classes: network.classes,
    sizes,
  };
}

function sameShapes(node: Node): boolean {
  return node.inputShapes.every((shape) => sameShape(shape, node.shape));
}

function countUses(nodes: readonly Node[], output: string): Map<string, number> {
  const uses = new Map<string, number>([[output, 1]]);
  for (const node of nodes) for (const name of node.inputs) uses.set(name, (uses.get(name) ?? 0) + 1);
  return uses;
}

/** `a + b + c` as `(a + b) + c`; the intermediate values get names that no model can have. */
function pairwise(node: Node): Node[] {
  if (!factsOf(node).pairwise || node.inputs.length <= 2) return [node];
  const chain: Node[] = [];
  let name = node.inputs[0];
  let shape = node.inputShapes[0];
  for (let i = 1; i < node.inputs.length; i++) {
    const last = i === node.inputs.length - 1;
    const next = last ? node.shape : broadcast(shape, node.inputShapes[i]);
    const pair: Node = {
      ...node,
      name: last ? node.name : `${node.name}\u0000${i}`,
      inputs: [name, node.inputs[i]],
      inputShapes: [shape, node.inputShapes[i]],
      shape: next,
    };
    chain.push(pair);
    name = pair.name;
    shape = next;
  }
  return chain;
}
