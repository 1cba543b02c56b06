import { broadcastAll, repetitions, sumToShape } from "../arithmetic/broadcasting.js";
import { type AnyOperator, type Node, sizeOf } from "../node.js";
import { type Float32Rule, type Inexact, type InexactCotangent, U } from "./rule.js";

/** What a cotangent is multiplied by, unit by unit of the output. */
export interface InexactFactor {
  readonly value: Float64Array;
  /** The most that it may be in absolute terms, its error included. */
  readonly most: Float64Array;
  /** At least |value|, as {@link Inexact.magnitude}. */
  readonly magnitude: Float64Array;
}

/**
 * The share of operand `input` of an operator that multiplies the cotangent by a factor: summed over what was broadcast.
 *
 * @param roundings of one product, the factor's own included
 */
export function factorShare(
  node: Node,
  input: number,
  g: InexactCotangent,
  { value, most, magnitude }: InexactFactor,
  roundings: number,
): InexactCotangent {
  const reduce = (values: Float64Array) => sumToShape(values, node.shape, node.inputShapes[input]);
  const terms = repetitions(node, input) + roundings;
  const magnitudes = reduce(g.magnitude.map((m, j) => m * magnitude[j]));
  const errors = reduce(
    g.value.map((v, j) => g.error[j] * most[j] + Math.abs(v) * (most[j] - Math.abs(value[j]))),
  );
  return {
    value: reduce(g.value.map((v, j) => v * value[j])),
    error: errors.map((e, j) => e + terms * U * magnitudes[j]),
    magnitude: magnitudes,
    tied: reduce(g.tied.map((t, j) => t * most[j])),
    terms,
  };
}

/**
 * A product of values, element by element, broadcast: its terms' errors multiply, and the cotangent of each is times the
 * others, which are inexact, summed over what was broadcast.
 */
export function product<O extends AnyOperator>(): Float32Rule<O> {
  return {
    forward(node, inputs, value) {
      const magnitude = productOf(node, inputs, (x) => x.magnitude);
      const most = productOf(node, inputs, largest);
      return {
        error: value.map((v, i) => most[i] - Math.abs(v) + (inputs.length + 1) * U * magnitude[i]),
        magnitude,
      };
    },
    vjp: (node, inputs) => ({
      ties: [],
      shares: (g) =>
        inputs.map((_, i) => {
          const others = (part: (x: Inexact) => Float64Array) =>
            productOf(node, inputs, (x, j) => (j === i ? undefined : part(x)));
          const factor = {
            value: others((x) => x.value),
            most: others(largest),
            magnitude: others((x) => x.magnitude),
          };
          return factorShare(node, i, g, factor, inputs.length + 1);
        }),
    }),
  };
}

/** The most that a value may be in absolute terms. */
function largest({ value, error }: Inexact): Float64Array {
  return value.map((v, i) => Math.abs(v) + error[i]);
}

/** The product of a part of each operand in the shape of the output; undefined: without that operand. */
function productOf(
  node: Node,
  inputs: readonly Inexact[],
  part: (x: Inexact, i: number) => Float64Array | undefined,
): Float64Array {
  const parts = inputs.map(part);
  const ones = inputs.map((x, i) => parts[i] ?? x.value.map(() => 1));
  return broadcastAll(node, ones).reduce(
    (all, values) => all.map((v, i) => v * values[i]),
    new Float64Array(sizeOf(node.shape)).fill(1),
  );
}
