/** Einstein's sum: products of matrices and sums along axes, with every axis named by a letter. */

import { sizeOf } from "../../spec.js";
import { valueText } from "../failure.js";
import { type Activation, isActivation, type Operand } from "./activation.js";
import { arithmetic } from "./arithmetic.js";
import { reshape, transpose, unsqueeze } from "./axes.js";
import type { Flow } from "./flow.js";
import { dense } from "./layers.js";
import { matMul } from "./products.js";
import { reduce } from "./reductions.js";
import { type Dims, reshaped, transposed } from "./tensor.js";

/** An operand, and the letter of each of its axes. */
interface Term<O extends Operand = Operand> {
  readonly x: O;
  readonly letters: readonly string[];
}

/**
 * @param equation as NumPy's, `bqhd,bkhd->bhqk`: letters without an ellipsis, none twice in a term
 * @param operands one for each term; at least one depends on the image
 */
export function einsum(flow: Flow, equation: string, operands: readonly Operand[]): Activation {
  const { inputs, output } = parse(flow, equation);
  const terms = operands.map((x, i): Term => ({ x, letters: inputs[i] }));
  if (inputs.length !== terms.length || terms.length === 0)
    flow.reject(`its equation has ${inputs.length} terms, expected ${terms.length}`);
  checkLengths(flow, terms);
  const result = terms.reduce((sum, term, i) => {
    const needed = [...output, ...inputs.slice(i + 1).flat()];
    return product(flow, sum, term, needed);
  });
  if (!isActivation(result.x)) return flow.ofConstants();
  const { x, letters } = summed(flow, { x: result.x, letters: result.letters }, output);
  return transpose(
    flow,
    x,
    output.map((letter) => letters.indexOf(letter)),
  );
}

function parse(flow: Flow, equation: string): { inputs: string[][]; output: string[] } {
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
    return flow.unsupported(`equation ${valueText(equation)}`);
  return { inputs, output };
}

function checkLengths(flow: Flow, terms: readonly Term[]): void {
  const lengths = new Map<string, number>();
  for (const { x, letters } of terms) {
    if (letters.length !== x.dims.length)
      flow.reject(`${letters.join("")} names ${letters.length} axes, the input has ${x.dims.length}`);
    letters.forEach((letter, axis) => {
      if ((lengths.get(letter) ?? x.dims[axis]) !== x.dims[axis])
        flow.reject(`axis ${letter} has lengths ${lengths.get(letter)} and ${x.dims[axis]}`);
      lengths.set(letter, x.dims[axis]);
    });
  }
}

/** Sums along axes that are not `needed`. */
function summed(flow: Flow, { x, letters }: Term<Activation>, needed: readonly string[]): Term<Activation> {
  const axes = letters.flatMap((letter, axis) => (needed.includes(letter) ? [] : [axis]));
  return axes.length === 0
    ? { x, letters }
    : {
        x: reduce(flow, x, axes, "sum", false),
        letters: letters.filter((letter) => needed.includes(letter)),
      };
}

function product(flow: Flow, first: Term, second: Term, needed: readonly string[]): Term {
  const [a, b] = isActivation(first.x) ? [first, second] : [second, first];
  if (!isActivation(a.x)) return flow.ofConstants();
  const left = summed(flow, { x: a.x, letters: a.letters }, [...needed, ...b.letters]);
  const right = isActivation(b.x)
    ? summed(flow, { x: b.x, letters: b.letters }, [...needed, ...a.letters])
    : b;
  const both = left.letters.filter((letter) => right.letters.includes(letter));
  const shared = both.filter((letter) => needed.includes(letter));
  const contracted = both.filter((letter) => !needed.includes(letter));
  const [rows, columns] = [left, right].map(({ letters }) => letters.filter((one) => !both.includes(one)));
  if (contracted.length === 0) return outer(flow, left, right, [...shared, ...rows, ...columns]);
  const inner = lengthsOf(left, contracted);
  if (!isActivation(right.x) && shared.length === 0) {
    const x = ordered(flow, left, [...rows, ...contracted]) as Activation;
    const weights = reshapeTo(flow, ordered(flow, right, [...contracted, ...columns]), [
      sizeOf(inner),
      sizeOf(lengthsOf(right, columns)),
    ]);
    if (isActivation(weights)) return flow.ofConstants();
    const joined = reshape(flow, x, [...lengthsOf(left, rows), sizeOf(inner)]);
    const y = dense(flow, joined, rows.length, weights);
    const dims = [...lengthsOf(left, rows), ...lengthsOf(right, columns)];
    return { x: reshape(flow, y, dims), letters: [...rows, ...columns] };
  }
  const lead = lengthsOf(left, shared);
  const [m, n] = [lengthsOf(left, rows), lengthsOf(right, columns)];
  const y = matMul(
    flow,
    reshapeTo(flow, ordered(flow, left, [...shared, ...rows, ...contracted]), [
      ...lead,
      sizeOf(m),
      sizeOf(inner),
    ]),
    reshapeTo(flow, ordered(flow, right, [...shared, ...contracted, ...columns]), [
      ...lead,
      sizeOf(inner),
      sizeOf(n),
    ]),
  );
  return { x: reshape(flow, y, [...lead, ...m, ...n]), letters: [...shared, ...rows, ...columns] };
}

/** Without a sum: element by element, each repeated along the other's axes. */
function outer(flow: Flow, a: Term, b: Term, letters: readonly string[]): Term {
  const [x, y] = [a, b].map((term) => {
    const own = letters.filter((letter) => term.letters.includes(letter));
    const missing = letters.flatMap((letter, axis) => (own.includes(letter) ? [] : [axis]));
    const moved = ordered(flow, term, own);
    if (isActivation(moved)) return unsqueeze(moved, missing);
    return reshaped(
      moved,
      letters.map((letter) => (own.includes(letter) ? lengthsOf(term, [letter])[0] : 1)),
    );
  });
  return { x: arithmetic(flow, "Mul", [x, y]), letters };
}

function lengthsOf({ x, letters }: Term, of: readonly string[]): number[] {
  return of.map((letter) => x.dims[letters.indexOf(letter)]);
}

function ordered(flow: Flow, { x, letters }: Term, order: readonly string[]): Operand {
  const perm = order.map((letter) => letters.indexOf(letter));
  return isActivation(x) ? transpose(flow, x, perm) : transposed(x, perm);
}

function reshapeTo(flow: Flow, x: Operand, dims: Dims): Operand {
  return isActivation(x) ? reshape(flow, x, dims) : reshaped(x, dims);
}
