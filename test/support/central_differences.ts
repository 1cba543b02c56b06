import { referenceOf } from "../../src/kernels/operators/reference_of.js";
import { testing } from "../../src/kernels/operators/testing.generated.js";
import { type Node, sizeOf } from "../../src/network/spec.js";
import { type RandomValues, randomValues } from "./random_values.js";

/** A power of two, so that adding it to the inputs of {@link kinkFreeInputs} is exact. */
const STEP = 2 ** -17;

/**
 * Inputs for a node that are at least 2^-8 from every kink of the activations in `activations.ts` (multiples of
 * 1/8), and from each other (no ties in a window): distinct odd multiples of 2^-8, shuffled, about -4 to 4, or brought
 * into the domain that the operator names.
 */
export function kinkFreeInputs(node: Node, random: RandomValues): Float64Array[] {
  return node.inputShapes.map((shape, input) => {
    const size = sizeOf(shape);
    // An odd spacing keeps odd multiples odd.
    const spacing = 2 * Math.floor(512 / size) + 1;
    const offset = random.integer(0, spacing - 1);
    const values = Float64Array.from(
      { length: size },
      (_, i) => (2 * (spacing * i + offset - Math.floor((spacing * size) / 2)) + 1) / 256,
    );
    for (let i = size - 1; i > 0; i--) {
      const j = random.integer(0, i);
      [values[i], values[j]] = [values[j], values[i]];
    }
    const [low, high] = testing[node.op].domain?.(input) ?? [-4, 4];
    return low === -4 && high === 4 ? values : values.map((v) => low + ((v + 4) / 8) * (high - low));
  });
}

/** One comparison of a vjp with central differences. */
export interface Comparison {
  readonly input: number;
  readonly vjp: number;
  readonly differences: number;
  /** What rounding and truncation of the differences can amount to. */
  readonly bound: number;
}

/**
 * Compares `<vjp(u), d>` with `<u, (f(x + h d) - f(x - h d)) / 2h>` for a random cotangent u: along one random
 * direction d in all coordinates and along single coordinates of each input.
 *
 * The bound is that of the difference quotient: rounding, a few 2^-53 of sum |u f| over h (sums inside f count
 * with their length), plus truncation, h^2 / 6 times a third derivative, which is taken to be at most 32 per value.
 */
export function compareWithDifferences(node: Node, seed: number, coordinates = 12): Comparison[] {
  const random = randomValues(seed);
  const operator = referenceOf(node.op)!;
  const inputs = kinkFreeInputs(node, random);
  const output = operator.forward(node, inputs);
  const cotangent = output.map(() => random.uniform(-1, 1));
  const gradients = operator.vjp(node, inputs, output, cotangent);
  const length = Math.max(...node.inputShapes.map(sizeOf), 16);

  return inputs.flatMap((x, input) => {
    const directions: Float64Array[] = [x.map(() => random.integer(-4, 4) / 4)];
    for (let k = Math.min(coordinates, x.length); k > 0; k--)
      directions.push(unitVector(x.length, random.integer(0, x.length - 1)));
    return directions.map((direction) => {
      const at = (h: number) =>
        operator.forward(
          node,
          inputs.with(
            input,
            x.map((value, i) => value + h * direction[i]),
          ),
        );
      const [above, below] = [at(STEP), at(-STEP)];
      const magnitude = sum(cotangent, (u, i) => Math.abs(u) * (Math.abs(above[i]) + Math.abs(below[i]) + 1));
      return {
        input,
        vjp: sum(direction, (value, i) => value * gradients[input][i]),
        differences: sum(cotangent, (u, i) => (u * (above[i] - below[i])) / (2 * STEP)),
        bound: magnitude * ((length * 2 ** -53) / STEP + (32 / 6) * STEP ** 2),
      };
    });
  });
}

function unitVector(size: number, at: number): Float64Array {
  const vector = new Float64Array(size);
  vector[at] = 1;
  return vector;
}

function sum(values: Float64Array, term: (value: number, i: number) => number): number {
  return values.reduce((total, value, i) => total + term(value, i), 0);
}
