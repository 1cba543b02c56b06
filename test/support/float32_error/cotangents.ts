import type { InputTransform } from "../../../src/network/input.js";
import { type Network, type Node, sizeOf } from "../../../src/network/spec.js";
import { functionConstant, type Slopes } from "./kinks.js";
import { absolute, add, at, type Inexact, run, termsBackward, U, type Values, vjp } from "./nodes.js";

/** A cotangent as it travels back: its errors, and apart from them what ties may do. */
interface Cotangent extends Inexact {
  readonly tied: Float64Array;
  /** Terms that were summed into it. */
  readonly terms: number;
}

/** Cotangents of the image for logit `c`. */
export function backward(
  network: Network,
  { scale }: InputTransform,
  values: Values,
  slopes: ReadonlyMap<Node, Slopes>,
  c: number,
): Cotangent {
  const seed = new Float64Array(network.classes);
  seed[c] = 1;
  const none = new Float64Array(seed.length);
  const pending = new Map<string, Cotangent>([
    [network.output, { value: seed, error: none, magnitude: seed, tied: none, terms: 0 }],
  ]);
  for (const node of network.nodes.toReversed()) {
    const cotangent = pending.get(node.name);
    if (cotangent === undefined) continue;
    pending.delete(node.name);
    const shares = sharesOf(node, values, slopes.get(node), cotangent);
    node.inputs.forEach((name, i) => {
      const before = pending.get(name);
      pending.set(name, before ? sum(before, shares[i]) : shares[i]);
    });
  }
  const zeros = new Float64Array(sizeOf(network.input.shape));
  const atInput = pending.get(network.input.name) ?? {
    value: zeros,
    error: zeros,
    magnitude: zeros,
    tied: zeros,
    terms: 0,
  };
  const factor = (i: number) => Math.abs(scale[i % scale.length]);
  return {
    ...atInput,
    error: atInput.error.map((e, i) => factor(i) * (e + 3 * U * atInput.magnitude[i])),
    tied: atInput.tied.map((t, i) => factor(i) * t),
  };
}

/** What a value that is read twice receives: summed in any order, either sum may start from the other. */
function sum(a: Cotangent, b: Cotangent): Cotangent {
  const terms = a.terms + b.terms + 1;
  const magnitude = add(a.magnitude, b.magnitude);
  return {
    value: add(a.value, b.value),
    error: a.error.map((e, i) => e + b.error[i] + terms * U * magnitude[i]),
    magnitude,
    tied: add(a.tied, b.tied),
    terms,
  };
}

function sharesOf(
  node: Node,
  values: Values,
  slopes: Slopes | undefined,
  { value: g, error, magnitude, tied }: Cotangent,
): Cotangent[] {
  const inputs = node.inputs.map((name) => at(values, name));
  const operands = inputs.map((x) => x.value);
  if (slopes?.kind === "function") {
    const { slope, variation, jump } = slopes;
    const c = functionConstant(node);
    const product = g.map((v, i) => v * slope[i]);
    return [
      {
        value: product,
        error: g.map((v, i) => {
          const steepest = Math.abs(slope[i]) + variation[i];
          return error[i] * steepest + Math.abs(v) * (variation[i] + c * U);
        }),
        magnitude: product.map(Math.abs),
        tied: g.map((v, i) => {
          const steepest = Math.abs(slope[i]) + variation[i] + jump[i];
          return tied[i] * steepest + jump[i] * (Math.abs(v) + error[i]);
        }),
        terms: 1,
      },
    ];
  }
  if (slopes?.kind === "maximum") {
    const route = (values: Float64Array) => slopes.route(values);
    return [
      {
        value: route(g),
        error: route(error).map((e, i) => e + slopes.terms * U * route(g.map(Math.abs))[i]),
        magnitude: route(magnitude),
        tied: add(route(tied), slopes.spread(g.map((v, i) => Math.abs(v) + error[i] + tied[i]))),
        terms: slopes.terms,
      },
    ];
  }
  if (node.op === "Mul")
    return inputs.map((_, i) =>
      productShare(node, inputs, i, { value: g, error, magnitude, tied, terms: 0 }),
    );
  const back = (of: Node, v: Float64Array) => vjp(of, operands, v);
  const absoluteNode = absolute(node, false);
  const [exact, errors, magnitudes, ties] = [
    back(node, g),
    back(absoluteNode, error),
    back(absoluteNode, magnitude),
    back(absoluteNode, tied),
  ];
  return inputs.map((_, i) => {
    const terms = termsBackward(node, i);
    return {
      value: exact[i],
      error: errors[i].map((e, j) => e + terms * U * magnitudes[i][j]),
      magnitude: magnitudes[i],
      tied: ties[i],
      terms,
    };
  });
}

/** The share of operand i of a product: the cotangent times the others, summed over what was broadcast. */
function productShare(node: Node, inputs: readonly Inexact[], i: number, g: Cotangent): Cotangent {
  const ones = new Float64Array(sizeOf(node.shape)).fill(1);
  const others = inputs.filter((_, j) => j !== i);
  const shapes = node.inputShapes.filter((_, j) => j !== i);
  const product = (parts: readonly Float64Array[]) =>
    run({ ...node, inputs: [...shapes.keys(), 0].map(String), inputShapes: [...shapes, node.shape] }, [
      ...parts,
      ones,
    ]);
  const factor = product(others.map((x) => x.value));
  const most = product(others.map((x) => x.value.map((v, j) => Math.abs(v) + x.error[j])));
  const magnitude = product(others.map((x) => x.magnitude));
  const reducer: Node = {
    op: "Add",
    name: node.name,
    inputs: node.inputs,
    shape: node.shape,
    inputShapes: node.inputShapes,
  };
  const reduce = (values: Float64Array) =>
    vjp(
      reducer,
      inputs.map((x) => x.value),
      values,
    )[i];
  const terms = termsBackward(node, i) + inputs.length;
  const magnitudes = reduce(g.magnitude.map((m, j) => m * magnitude[j]));
  const errors = reduce(
    g.value.map((v, j) => g.error[j] * most[j] + Math.abs(v) * (most[j] - Math.abs(factor[j]))),
  );
  return {
    value: reduce(g.value.map((v, j) => v * factor[j])),
    error: errors.map((e, j) => e + terms * U * magnitudes[j]),
    magnitude: magnitudes,
    tied: reduce(g.tied.map((t, j) => t * most[j])),
    terms,
  };
}
