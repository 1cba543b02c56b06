import { sameShape } from "../../kernels/node.js";
import { consumersOf } from "../graph.js";
import type { Constant, Node, Operator } from "../spec.js";
import {
  applied,
  clipped,
  isSame,
  logarithm,
  number,
  type Product,
  plus,
  reciprocal,
  times,
  X,
} from "./expression.js";

/** Operators that exporters spell out, each as the function that it is. */
const KNOWN: readonly (readonly [op: Operator, is: Product])[] = [
  [
    { op: "Gelu", approximate: "none" },
    times(number(0.5), X, plus(number(1), applied("Erf", times(number(Math.SQRT1_2), X)))),
  ],
  [
    { op: "Gelu", approximate: "tanh" },
    times(
      number(0.5),
      X,
      plus(
        number(1),
        applied("Tanh", times(number(Math.sqrt(2 / Math.PI)), plus(X, times(number(0.044715), X, X, X)))),
      ),
    ),
  ],
  [{ op: "HardSwish" }, times(X, applied("Unit", plus(number(0.5), times(number(1 / 6), X))))],
  [{ op: "Swish" }, times(X, applied("Sigmoid", X))],
  [{ op: "Mish" }, times(X, applied("Tanh", applied("Softplus", X)))],
];

/** No spelling of these functions has more nodes. */
const MOST_NODES = 24;

/**
 * Joins element-wise nodes that spell out one of the operators that there are: Gelu by Erf or Tanh, HardSwish, Swish, Mish, in
 * whichever order the exporter multiplies and adds, the constants rounded to float32. A node in between that anything else reads
 * leaves them as they are.
 *
 * @param nodes topological order, none dead
 */
export function joinCompositions(nodes: readonly Node[], output: string): readonly Node[] {
  const made = new Map(nodes.map((node) => [node.name, node]));
  const consumers = consumersOf(nodes);
  const isKept = (name: string, cone: ReadonlySet<Node>) =>
    name === output || (consumers.get(name) ?? []).some((reader) => !cone.has(reader));
  return nodes.map((end) => {
    if (end.op !== "Mul" && end.op !== "Div") return end;
    for (const root of factorsOf(end, made)) {
      const reader = new FunctionReader(made, root);
      const spelled = reader.read(end.name);
      const known = spelled && KNOWN.find(([, is]) => isSame(spelled, is));
      if (!known || [...reader.cone].some((node) => node !== end && isKept(node.name, reader.cone))) continue;
      const inputShapes = [end.shape];
      return { ...known[0], name: end.name, inputs: [root], inputShapes, shape: end.shape } as Node;
    }
    return end;
  });
}

/** Values of the node's shape that it is a product of: the variable of all these functions is a factor of them. */
function factorsOf(end: Node, made: ReadonlyMap<string, Node>): ReadonlySet<string> {
  const found = new Set<string>();
  const products = [end];
  for (const node of products)
    node.inputs.forEach((name, i) => {
      const source = made.get(name);
      if (source?.op === "Constant" || !sameShape(node.inputShapes[i], end.shape)) return;
      found.add(name);
      const isProduct = source && (source.op === "Mul" || source.op === "Div");
      if (isProduct && products.length < MOST_NODES && !products.includes(source)) products.push(source);
    });
  return found;
}

/** Reads values as functions of one of them. */
class FunctionReader {
  /** Nodes that were read. */
  readonly cone = new Set<Node>();
  readonly #known = new Map<string, Product | undefined>();

  constructor(
    private readonly made: ReadonlyMap<string, Node>,
    root: string,
  ) {
    this.#known.set(root, X);
  }

  /** Undefined for what is no function of the variable alone, element by element. */
  read(name: string): Product | undefined {
    if (this.#known.has(name)) return this.#known.get(name);
    const node = this.made.get(name);
    if (!node) return undefined;
    if (node.op === "Constant") return uniform(node);
    if (this.cone.size >= MOST_NODES) return undefined;
    this.cone.add(node);
    const value = this.#apply(node);
    this.#known.set(name, value);
    return value;
  }

  #apply(node: Node): Product | undefined {
    const operands: Product[] = [];
    for (const [i, name] of node.inputs.entries()) {
      const operand = this.read(name);
      // What is broadcast is a constant.
      if (!operand || (operand.factors.length > 0 && !sameShape(node.inputShapes[i], node.shape)))
        return undefined;
      operands.push(operand);
    }
    return applyOperator(node, operands);
  }
}

function applyOperator(node: Node, operands: readonly Product[]): Product | undefined {
  const [a, b] = operands;
  switch (node.op) {
    case "Add":
      return plus(...operands);
    case "Mul":
      return times(...operands);
    case "Sub":
      return operands.length === 2 ? plus(a, times(number(-1), b)) : undefined;
    case "Div":
      return operands.length === 2 ? times(a, reciprocal(b)) : undefined;
    case "Neg":
      return times(number(-1), a);
    case "Reciprocal":
      return reciprocal(a);
    case "Pow":
      return [2, 3, 4].includes(node.exponent)
        ? times(...new Array<Product>(node.exponent).fill(a))
        : undefined;
    case "Clip":
      return clipped(a, node.min, node.max);
    case "HardSigmoid":
      return clipped(plus(times(number(node.alpha), a), number(node.beta)), 0, 1);
    case "Log":
      return logarithm(a);
    case "Erf":
    case "Tanh":
    case "Sigmoid":
    case "Softplus":
    case "Exp":
    case "Relu":
      return applied(node.op, a);
    default:
      return undefined;
  }
}

/** The number that a constant holds everywhere. */
function uniform({ data }: Constant): Product | undefined {
  return data.every((value) => value === data[0]) ? number(data[0]) : undefined;
}
