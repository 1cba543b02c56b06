import { factsOf } from "../../src/kernels/operators/facts_of.js";
import type { Network } from "../../src/network/spec.js";

/** What two float32 evaluations of the same thing may differ by where no unit ties: of logits, and of rows of a Jacobian. */
export const PROMISED = 1e-4;

/** The unit roundoff of float32. */
const U = 2 ** -24;
/** A float32 forward pass may lose six bits; what differs by more is not excused by ties. */
const MOST_ROUNDING = 64 * U;
/** Turned units are few and random: the largest row of many lies so many standard deviations out. */
const SPREAD = 3;

/**
 * How far a row of a Jacobian may be off because units next to their kink were seen on its other side, relative to its norm.
 *
 * Let the values of two evaluations differ by a relative `d`, as their logits do. A unit turns where its value is nearer
 * to the kink than that: of values spread like a normal distribution, a share of `E|dz| f(0) <= d / 2`. A turned unit brings
 * or takes what flows through one unit, on average one share in `live` of the row's squared norm, and half of a layer is
 * live. So each layer of kinks turns `d / 2 / (1 / 2) = d` of the squared norm, in random directions, and L layers `L d`.
 *
 * @param d relative difference of the logits
 */
export function tieAllowance(network: Network, d: number): number {
  const rounding = Math.min(MOST_ROUNDING, Math.max(U, d));
  return Math.max(PROMISED, SPREAD * Math.sqrt(kinks(network) * rounding));
}

/** What the allowance is for, of the errors of many rows: the largest of them may be many times as large. */
export function rootMeanSquare(errors: readonly number[]): number {
  return Math.sqrt(errors.reduce((sum, error) => sum + error ** 2, 0) / errors.length);
}

/** Units that are expected to turn, one image, by the same reckoning. */
export function expectedTies(network: Network, d: number): number {
  const rounding = Math.min(MOST_ROUNDING, Math.max(U, d));
  const units = network.nodes
    .filter(isKink)
    .reduce((sum, node) => sum + node.shape.reduce((a, b) => a * b, 1), 0);
  return (units * rounding) / 2;
}

function kinks(network: Network): number {
  return network.nodes.filter(isKink).length;
}

/** Whether its derivative jumps: clamps such as relu, and maxima. */
function isKink(node: Network["nodes"][number]): boolean {
  const { clamp, liveness } = factsOf(node);
  return clamp?.(node) !== undefined || liveness(node) === "maximum";
}
