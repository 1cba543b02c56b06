import { forward64 } from "../../src/engines/reference.js";
import type { Clamp } from "../../src/kernels/node.js";
import { factsOf } from "../../src/kernels/operators/facts_of.js";
import { referenceOf } from "../../src/kernels/operators/reference_of.js";
import type { InputTransform } from "../../src/network/input.js";
import type { Network } from "../../src/network/spec.js";

/** Gradients of the linear piece that an engine saw an image in, and where that is not the exact one. */
export interface LinearPiece {
  /** `[K][D]`, in float64. */
  readonly values: Float64Array;
  /** Units of clamps that the engine has on the other side of a kink. */
  readonly flipped: readonly Flip[];
}

export interface Flip {
  readonly node: string;
  readonly unit: number;
  /** Distance of the exact pre-activation from the kink. */
  readonly distance: number;
  /** Largest error of the engine's values of that node, and the largest value. */
  readonly error: number;
  readonly largest: number;
}

/**
 * The oracle's gradients with every clamp (relu, clip) live where the engine has it live. If an engine's gradients are these
 * and the flipped units are at their kinks to within the errors of the values around them, then rounding explains
 * all of the difference from the exact gradients.
 *
 * @param seen the engine's own values, by node
 */
export function linearPiece(
  network: Network,
  { scale, ...input }: InputTransform,
  image: Float32Array,
  classes: Int32Array,
  seen: ReadonlyMap<string, Float32Array>,
): LinearPiece {
  const exact = forward64(network, { scale, ...input }, Float64Array.from(image));
  const live = new Map<string, Uint8Array>();
  const flipped: Flip[] = [];
  for (const node of network.nodes) {
    const values = seen.get(node.name);
    const clamp = factsOf(node).clamp?.(node);
    if (clamp === undefined || values === undefined) continue;
    const mask = Uint8Array.from(values, (y) => Number(isLive(clamp, y)));
    live.set(node.name, mask);
    const x = exact.get(node.inputs[0])!;
    const y = exact.get(node.name)!;
    const error = y.reduce((most, v, i) => Math.max(most, Math.abs(v - values[i])), 0);
    const largest = y.reduce((most, v) => Math.max(most, Math.abs(v)), 0);
    x.forEach((v, unit) => {
      if (isLive(clamp, v) === (mask[unit] === 1)) return;
      const distance = Math.min(Math.abs(v - clamp.low), Math.abs(v - clamp.high));
      flipped.push({ node: node.name, unit, distance, error, largest });
    });
  }
  const size = image.length;
  const values = new Float64Array(classes.length * size);
  classes.forEach((c, k) => {
    const gradient = gradientWith(network, exact, live, c);
    values.set(
      gradient.map((g, i) => g * scale[i % scale.length]),
      k * size,
    );
  });
  return { values, flipped };
}

function isLive({ low, high }: Clamp, value: number): boolean {
  return low < value && value < high;
}

function gradientWith(
  network: Network,
  exact: ReadonlyMap<string, Float64Array>,
  live: ReadonlyMap<string, Uint8Array>,
  c: number,
): Float64Array {
  const seed = new Float64Array(network.classes);
  seed[c] = 1;
  const cotangents = new Map<string, Float64Array>([[network.output, seed]]);
  for (const node of network.nodes.toReversed()) {
    const cotangent = cotangents.get(node.name);
    if (cotangent === undefined) continue;
    cotangents.delete(node.name);
    const mask = live.get(node.name);
    const inputs = node.inputs.map((name) => exact.get(name)!);
    const shares = mask
      ? [cotangent.map((g, i) => g * mask[i])]
      : referenceOf(node.op)!.vjp(node, inputs, exact.get(node.name)!, cotangent);
    node.inputs.forEach((name, i) => {
      const before = cotangents.get(name);
      cotangents.set(name, before ? before.map((g, at) => g + shares[i][at]) : shares[i]);
    });
  }
  return cotangents.get(network.input.name)!;
}
