import type { Arithmetic, Network, Node, Operator, Shape } from "./spec.js";
import { sizeOf } from "./spec.js";

/** Values strictly inside pass a cotangent on; outputs are clamped to it. */
export interface Clamp {
  readonly low: number;
  readonly high: number;
}

/**
 * One step of an optimised engine: an operator with what was fused into it. `y = clamp(op(inputs) + residual)`.
 * `Flatten` and `Reshape` are no steps: their outputs are other names of the same storage.
 */
export interface Step<O extends Operator = Operator> {
  readonly node: Node<O>;
  /** Storage names of the inputs. */
  readonly inputs: readonly string[];
  /** Storage name of the output. */
  readonly output: string;
  readonly residual?: string;
  readonly clamp?: Clamp;
}

export interface FusedNetwork {
  readonly input: string;
  readonly inputShape: Shape;
  readonly steps: readonly Step[];
  /** Storage name of the logits. */
  readonly output: string;
  readonly classes: number;
  /** Number of values per storage name. */
  readonly sizes: ReadonlyMap<string, number>;
}

const clampable = new Set(["Conv", "Gemm", "Add", "Sub", "Mul", "BatchNormalization"]);

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
  const steps: Step[] = [];
  const producer = new Map<string, number>();

  const push = (step: Step): void => {
    producer.set(step.output, steps.length);
    steps.push(step);
  };
  /** The step that may absorb the only reader of `name`: not yet clamped, nothing reads it in between. */
  const absorbing = (name: string): number | undefined => {
    const index = producer.get(resolve(name));
    return index !== undefined && uses.get(resolve(name)) === 1 && !steps[index].clamp ? index : undefined;
  };
  const extend = (index: number, node: Node, extra: Partial<Step>): void => {
    const step = steps[index];
    producer.delete(step.output);
    steps[index] = { ...step, ...extra, output: node.name };
    producer.set(node.name, index);
  };

  for (const node of nodes) {
    sizes.set(node.name, sizeOf(node.shape));
    if (node.op === "Flatten" || node.op === "Reshape" || node.op === "Identity") {
      const root = resolve(node.inputs[0]);
      alias.set(node.name, root);
      // Reading the alias is reading the root: the alias's own reader replaces this node's read.
      uses.set(root, (uses.get(root) ?? 0) - 1 + (uses.get(node.name) ?? 0));
      continue;
    }
    const clamp = clampOf(node);
    if (clamp) {
      const index = absorbing(node.inputs[0]);
      if (index !== undefined && clampable.has(steps[index].node.op)) {
        extend(index, node, { clamp });
        continue;
      }
      push({ node, inputs: node.inputs.map(resolve), output: node.name, clamp });
      continue;
    }
    if (node.op === "Add" && sameShapes(node)) {
      const joined = [1, 0].find((i) => {
        const index = absorbing(node.inputs[i]);
        const other = producer.get(resolve(node.inputs[1 - i]));
        // The residual must exist before the convolution runs.
        return (
          index !== undefined &&
          takesResidual(steps[index].node) &&
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

/** The clamp that a node is, if it is one. */
function clampOf(node: Node): Clamp | undefined {
  if (node.op === "Relu") return { low: 0, high: Infinity };
  if (node.op === "Clip") return { low: node.min, high: node.max };
  return undefined;
}

/** A convolution, but not of each channel by itself: those have kernels without a residual. */
function takesResidual(node: Node): boolean {
  return node.op === "Conv" && (node.groups === 1 || node.groups < node.inputShapes[0][2]);
}

function sameShapes(node: Node): boolean {
  return node.inputShapes.every((s) => s.join() === node.shape.join());
}

function countUses(nodes: readonly Node[], output: string): Map<string, number> {
  const uses = new Map<string, number>([[output, 1]]);
  for (const node of nodes) for (const name of node.inputs) uses.set(name, (uses.get(name) ?? 0) + 1);
  return uses;
}

/** `a + b + c` as `(a + b) + c`; the intermediate values get names that no model can have. */
function pairwise(node: Node): Node[] {
  if ((node.op !== "Add" && node.op !== "Mul") || node.inputs.length <= 2) return [node];
  const chain: Node<Arithmetic>[] = [];
  let name = node.inputs[0];
  let shape = node.inputShapes[0];
  for (let i = 1; i < node.inputs.length; i++) {
    const last = i === node.inputs.length - 1;
    const next = last ? node.shape : broadcast(shape, node.inputShapes[i]);
    const pair: Node<Arithmetic> = {
      op: node.op,
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

/** NumPy broadcast of two valid shapes. */
export function broadcast(a: Shape, b: Shape): Shape {
  const rank = Math.max(a.length, b.length);
  return Array.from({ length: rank }, (_, i) => {
    const x = a[i - rank + a.length] ?? 1;
    const y = b[i - rank + b.length] ?? 1;
    return x === 1 ? y : x;
  });
}
