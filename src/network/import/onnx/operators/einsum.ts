/** Einstein's sum: products of matrices and sums along axes, with every axis named by a letter. */

import { sizeOf } from "../../../spec.js";
import { type Activation, isActivation, type Operand } from "../../dataflow/activation.js";
import { arithmetic } from "../../dataflow/arithmetic.js";
import { reshape, transpose, unsqueeze } from "../../dataflow/axes.js";
import { dense } from "../../dataflow/layers.js";
import { matMul } from "../../dataflow/products.js";
import { reduce } from "../../dataflow/reductions.js";
import { type Dims, reshaped, transposed } from "../../dataflow/tensor.js";
import { valueText } from "../../failure.js";
import type { OnnxNode } from "../node.js";
import { type OnnxOperators, operator } from "./operator.js";

/** An operand, and the letter of each of its axes. */
interface Term<O extends Operand = Operand> {
  readonly x: O;
  readonly letters: readonly string[];
}

function runEinsum(node: OnnxNode): Operand {
  const { inputs, output } = parse(node, node.text("equation", ""));
  const terms = node.all.map((x, i): Term => ({ x, letters: inputs[i] }));
  if (inputs.length !== terms.length)
    node.reject(`its equation has ${inputs.length} terms, expected ${terms.length}`);
  checkLengths(node, terms);
  const result = terms.reduce((sum, term, i) => {
    const needed = [...output, ...inputs.slice(i + 1).flat()];
    return product(node, sum, term, needed);
  });
  if (!isActivation(result.x)) return node.unsupported("of constants");
  const { x, letters } = summed(node, { x: result.x, letters: result.letters }, output);
  return transpose(
    node,
    x,
    output.map((letter) => letters.indexOf(letter)),
  );
}

function parse(node: OnnxNode, equation: string): { inputs: string[][]; output: string[] } {
  const [left, right, ...rest] = equation.replaceAll(" ", "").split("->");
  const inputs = left.split(",").map((letters) => [...letters]);
  const all = inputs.flat();
  // Without an arrow: what occurs once, in the alphabet's order.
  const once = all.filter((letter) => all.indexOf(letter) === all.lastIndexOf(letter)).sort();
  const output = right === undefined ? once : [...right];
  const isPlain = [...inputs, output].every(
    (letters) => new Set(letters).size === letters.length && letters.every((one) => /^[A-Za-z]$/.test(one)),
  );
  if (rest.length > 0 || !isPlain || !output.every((letter) => all.includes(letter)))
    return node.unsupported(`equation ${valueText(equation)}`);
  return { inputs, output };
}

function checkLengths(node: OnnxNode, terms: readonly Term[]): void {
  const lengths = new Map<string, number>();
  for (const { x, letters } of terms) {
    if (letters.length !== x.dims.length)
      node.reject(`${letters.join("")} names ${letters.length} axes, the input has ${x.dims.length}`);
    letters.forEach((letter, axis) => {
      if ((lengths.get(letter) ?? x.dims[axis]) !== x.dims[axis])
        node.reject(`axis ${letter} has lengths ${lengths.get(letter)} and ${x.dims[axis]}`);
      lengths.set(letter, x.dims[axis]);
    });
  }
}

/** Sums along axes that are not `needed`. */
function summed(
  node: OnnxNode,
  { x, letters }: Term<Activation>,
  needed: readonly string[],
): Term<Activation> {
  const axes = letters.flatMap((letter, axis) => (needed.includes(letter) ? [] : [axis]));
  return axes.length === 0
    ? { x, letters }
    : {
        x: reduce(node, x, axes, "sum", false),
        letters: letters.filter((letter) => needed.includes(letter)),
      };
}

function product(node: OnnxNode, first: Term, second: Term, needed: readonly string[]): Term {
  const [a, b] = isActivation(first.x) ? [first, second] : [second, first];
  if (!isActivation(a.x)) return node.unsupported("of constants");
  const left = summed(node, { x: a.x, letters: a.letters }, [...needed, ...b.letters]);
  const right = isActivation(b.x)
    ? summed(node, { x: b.x, letters: b.letters }, [...needed, ...a.letters])
    : b;
  const both = left.letters.filter((letter) => right.letters.includes(letter));
  const shared = both.filter((letter) => needed.includes(letter));
  const contracted = both.filter((letter) => !needed.includes(letter));
  const [rows, columns] = [left, right].map(({ letters }) => letters.filter((one) => !both.includes(one)));
  if (contracted.length === 0) return outer(node, left, right, [...shared, ...rows, ...columns]);
  const inner = lengthsOf(left, contracted);
  if (!isActivation(right.x) && shared.length === 0) {
    const x = ordered(node, left, [...rows, ...contracted]) as Activation;
    const weights = reshapeTo(node, ordered(node, right, [...contracted, ...columns]), [
      sizeOf(inner),
      sizeOf(lengthsOf(right, columns)),
    ]);
    if (isActivation(weights)) return node.unsupported("of constants");
    const joined = reshape(node, x, [...lengthsOf(left, rows), sizeOf(inner)]);
    const y = dense(node, joined, rows.length, weights);
    const dims = [...lengthsOf(left, rows), ...lengthsOf(right, columns)];
    return { x: reshape(node, y, dims), letters: [...rows, ...columns] };
  }
  const lead = lengthsOf(left, shared);
  const [m, n] = [lengthsOf(left, rows), lengthsOf(right, columns)];
  const y = matMul(
    node,
    reshapeTo(node, ordered(node, left, [...shared, ...rows, ...contracted]), [
      ...lead,
      sizeOf(m),
      sizeOf(inner),
    ]),
    reshapeTo(node, ordered(node, right, [...shared, ...contracted, ...columns]), [
      ...lead,
      sizeOf(inner),
      sizeOf(n),
    ]),
  );
  return { x: reshape(node, y, [...lead, ...m, ...n]), letters: [...shared, ...rows, ...columns] };
}

/** Without a sum: element by element, each repeated along the other's axes. */
function outer(node: OnnxNode, a: Term, b: Term, letters: readonly string[]): Term {
  const [x, y] = [a, b].map((term) => {
    const own = letters.filter((letter) => term.letters.includes(letter));
    const missing = letters.flatMap((letter, axis) => (own.includes(letter) ? [] : [axis]));
    const moved = ordered(node, term, own);
    if (isActivation(moved)) return unsqueeze(moved, missing);
    return reshaped(
      moved,
      letters.map((letter) => (own.includes(letter) ? lengthsOf(term, [letter])[0] : 1)),
    );
  });
  return { x: arithmetic(node, "Mul", [x, y]), letters };
}

function lengthsOf({ x, letters }: Term, of: readonly string[]): number[] {
  return of.map((letter) => x.dims[letters.indexOf(letter)]);
}

function ordered(node: OnnxNode, { x, letters }: Term, order: readonly string[]): Operand {
  const perm = order.map((letter) => letters.indexOf(letter));
  return isActivation(x) ? transpose(node, x, perm) : transposed(x, perm);
}

function reshapeTo(node: OnnxNode, x: Operand, dims: Dims): Operand {
  return isActivation(x) ? reshape(node, x, dims) : reshaped(x, dims);
}

export const EINSUM: OnnxOperators = {
  Einsum: operator(["MatMul", "Gemm", "Mul"], runEinsum),
};
