import { sameShape } from "../../kernels/node.js";
import { factsOf } from "../../kernels/operators/facts_of.js";
import { consumersOf } from "../graph.js";
import { type LayerNormalization, type Node, type Shape, sizeOf } from "../spec.js";

/**
 * Joins the nodes that spell out a normalisation of the last axis: mean, difference, mean of its square, epsilon, root, quotient, as
 * PyTorch and tf2onnx write them; or as Keras does, `x inv + (beta - mean inv)` with `inv = gamma / root`. A node in between that
 * anything else reads leaves them as they are. Factors and offsets that follow are folded in afterwards.
 *
 * @param nodes topological order, none dead
 */
export function joinLayerNormalizations(nodes: readonly Node[], output: string): readonly Node[] {
  const made = new Map(nodes.map((node) => [node.name, node]));
  const consumers = consumersOf(nodes);
  return nodes.map((end) => {
    if (end.op !== "Div" && end.op !== "Mul" && end.op !== "Add") return end;
    const matcher = new Matcher(made);
    const found = matcher.quotient(end) ?? matcher.folded(end);
    if (!found) return end;
    const inside = matcher.between(end, found.x);
    const isRead = ({ name }: Node) =>
      name === output || (consumers.get(name) ?? []).some((reader) => !inside.has(reader));
    if ([...inside].some((node) => node !== end && isRead(node))) return end;
    const { x, ...own } = found;
    return {
      op: "LayerNormalization",
      name: end.name,
      ...own,
      inputs: [x],
      inputShapes: [end.shape],
      shape: end.shape,
    };
  });
}

type Found = Omit<LayerNormalization, "op"> & { readonly x: string };

/** A mean along the last axis: of which value, and how long the axis is. */
interface Mean {
  readonly of: string;
  readonly depth: number;
}

/** `1 / sqrt(variance + epsilon)`, with a factor for each place of the axis. */
interface Inverse {
  readonly variance: Mean;
  readonly epsilon: number;
  readonly scale?: Float32Array;
}

class Matcher {
  constructor(private readonly made: ReadonlyMap<string, Node>) {}

  /** `(x - mean) / root`, or times its inverse. */
  quotient(end: Node): Found | undefined {
    if (end.inputs.length !== 2 || (end.op !== "Div" && end.op !== "Mul")) return undefined;
    for (const [difference, divisor] of end.op === "Div" ? [[0, 1]] : BOTH_WAYS) {
      const centred = this.#centred(end.inputs[difference]);
      if (!centred || !sameShape(end.inputShapes[difference], end.shape)) continue;
      const inverse =
        end.op === "Div"
          ? this.#root(end.inputs[divisor])
          : this.#inverse(end.inputs[divisor], centred.mean.depth);
      if (!inverse || !this.#isVariance(inverse.variance, centred.x, centred.mean.depth)) continue;
      const { epsilon, scale } = inverse;
      return { x: centred.x, epsilon, ...(scale && { scale }) };
    }
    return undefined;
  }

  /** `x inv + (beta - mean inv)`. */
  folded(end: Node): Found | undefined {
    if (end.op !== "Add" || end.inputs.length !== 2) return undefined;
    for (const [scaled, moved] of BOTH_WAYS) {
      const product = this.#node(end.inputs[scaled], "Mul");
      const rest = this.#node(end.inputs[moved], "Sub");
      if (!product || !rest) continue;
      const depth = end.shape.at(-1) ?? 1;
      const bias = this.#perPlace(rest.inputs[0], depth);
      const meanProduct = this.#node(rest.inputs[1], "Mul");
      if (!bias || !meanProduct) continue;
      for (const [first, second] of BOTH_WAYS)
        for (const [mean, again] of BOTH_WAYS) {
          const x = product.inputs[first];
          const isWhole = sameShape(product.inputShapes[first], end.shape);
          if (!isWhole || this.#resolve(product.inputs[second]) !== this.#resolve(meanProduct.inputs[again]))
            continue;
          const inverse = this.#inverse(product.inputs[second], depth);
          const centre = this.#mean(meanProduct.inputs[mean]);
          if (!inverse || centre?.of !== this.#resolve(x) || centre.depth !== depth) continue;
          if (!this.#isVariance(inverse.variance, x, depth)) continue;
          const { epsilon, scale } = inverse;
          return { x, epsilon, bias, ...(scale && { scale }) };
        }
    }
    return undefined;
  }

  /** The end of a match and what it consists of, but for x and the model's own values. */
  between(end: Node, x: string): ReadonlySet<Node> {
    const root = this.#resolve(x);
    const inside = new Set([end]);
    for (const { inputs } of inside)
      for (const name of inputs) {
        const node = this.made.get(name);
        if (node && node.op !== "Constant" && this.#resolve(name) !== root) inside.add(node);
      }
    return inside;
  }

  /** `x - mean(x)`. */
  #centred(name: string): { readonly x: string; readonly mean: Mean } | undefined {
    const node = this.#node(name, "Sub");
    if (!node) return undefined;
    const [x, other] = node.inputs;
    const mean = this.#mean(other);
    const [shape, means] = node.inputShapes;
    const isWhole = sameShape(shape, node.shape) && mean?.depth === node.shape.at(-1);
    if (!mean || mean.of !== this.#resolve(x) || !isWhole || !areRows(means, node.shape)) return undefined;
    return { x, mean };
  }

  /** Whether it is the mean of the squared distances of x from its mean. */
  #isVariance({ of, depth }: Mean, x: string, expected: number): boolean {
    const square = this.made.get(of);
    if (!square || depth !== expected) return false;
    const isSquare =
      (square.op === "Pow" && square.exponent === 2) ||
      (square.op === "Mul" && square.inputs.length === 2 && square.inputs[0] === square.inputs[1]);
    const centred = isSquare ? this.#centred(square.inputs[0]) : undefined;
    if (!centred || this.#resolve(centred.x) !== this.#resolve(x) || centred.mean.depth !== depth)
      return false;
    return true;
  }

  /** The inverse of a root, times a factor for each place or not. */
  #inverse(name: string, depth: number): Inverse | undefined {
    const plain = this.#plainInverse(name);
    if (plain) return plain;
    const product = this.#node(name, "Mul");
    if (!product) return undefined;
    for (const [inverse, scale] of BOTH_WAYS) {
      const own = this.#plainInverse(product.inputs[inverse]);
      const factors = this.#perPlace(product.inputs[scale], depth);
      if (own && factors) return { ...own, scale: factors };
    }
    return undefined;
  }

  #plainInverse(name: string): Inverse | undefined {
    const power = this.#node(name, "Pow");
    if (power)
      return power.op === "Pow" && power.exponent === -0.5 ? this.#moved(power.inputs[0]) : undefined;
    const reciprocal = this.#node(name, "Reciprocal");
    if (reciprocal) return this.#root(reciprocal.inputs[0]);
    const quotient = this.#node(name, "Div");
    return quotient && this.#number(quotient.inputs[0]) === 1 ? this.#root(quotient.inputs[1]) : undefined;
  }

  #root(name: string): Inverse | undefined {
    const root = this.#node(name, "Sqrt");
    if (root) return this.#moved(root.inputs[0]);
    const power = this.#node(name, "Pow");
    return power?.op === "Pow" && power.exponent === 0.5 ? this.#moved(power.inputs[0]) : undefined;
  }

  /** `variance + epsilon`. */
  #moved(name: string): Inverse | undefined {
    const node = this.#node(name, "Add");
    if (node?.inputs.length !== 2) return undefined;
    for (const [own, other] of BOTH_WAYS) {
      const epsilon = this.#number(node.inputs[other]);
      const variance = epsilon !== undefined && epsilon > 0 ? this.#mean(node.inputs[own]) : undefined;
      if (epsilon !== undefined && variance) return { variance, epsilon };
    }
    return undefined;
  }

  #mean(name: string): Mean | undefined {
    const node = this.#node(name, "ReduceMean") ?? this.#node(name, "GlobalAveragePool");
    if (!node) return undefined;
    const [shape] = node.inputShapes;
    const of = this.#resolve(node.inputs[0]);
    if (node.op === "ReduceMean")
      return node.axes.length === 1 && node.axes[0] === shape.length - 1
        ? { of, depth: shape[shape.length - 1] }
        : undefined;
    // All values of a vector, as an image of one column.
    return shape[2] === 1 ? { of, depth: sizeOf(shape) } : undefined;
  }

  /** The node that makes a value, under whatever shape, if it has this operator. */
  #node(name: string, op: Node["op"]): Node | undefined {
    const node = this.made.get(this.#resolve(name));
    return node?.op === op ? node : undefined;
  }

  /** What a value is another shape of. */
  #resolve(name: string): string {
    const node = this.made.get(name);
    return node && factsOf(node).reshapes ? this.#resolve(node.inputs[0]) : name;
  }

  #number(name: string): number | undefined {
    const node = this.made.get(this.#resolve(name));
    return node?.op === "Constant" && node.data.every((value) => value === node.data[0])
      ? node.data[0]
      : undefined;
  }

  /** A constant for each place of the last axis, the same in every row. */
  #perPlace(name: string, depth: number): Float32Array | undefined {
    const node = this.made.get(name);
    if (node?.op !== "Constant" || node.shape.slice(0, -1).some((n) => n !== 1)) return undefined;
    if (node.data.length === depth) return node.data;
    return node.data.length === 1 ? new Float32Array(depth).fill(node.data[0]) : undefined;
  }
}

const BOTH_WAYS = [
  [0, 1],
  [1, 0],
] as const;

/** Whether a shape has one value for each row of `shape`, where they broadcast. */
function areRows(rows: Shape, shape: Shape): boolean {
  return rows.at(-1) === 1 && sizeOf(rows) * (shape.at(-1) ?? 1) === sizeOf(shape);
}
