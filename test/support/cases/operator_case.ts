import type { NetworkSpec, Shape } from "../../../src/network/spec.js";
import { NetworkBuilder } from "../network_builder.js";

export interface OperatorCase {
  /** `operator/what varies`. */
  readonly name: string;
  readonly spec: NetworkSpec;
}

/** 1, T - 1, T, T + 1 and 2 T + 3 for tiles of 4 and 8, and two primes. */
export const SIZES: readonly number[] = [1, 3, 4, 5, 7, 8, 9, 11, 13, 19];

/** Every step of a kernel's choices: fewer sizes, for sweeps of two at once. */
export const FEW_SIZES: readonly number[] = [1, 3, 4, 5, 8, 11];

const CLASSES = 5;

/**
 * A case whose nodes `grow` adds to an image. A dense layer on the value that it returns gives the scores, or,
 * with `classes` null, that value is the scores. Weights are multiples of 1/16.
 */
export function operatorCase(
  name: string,
  shape: Shape,
  grow: (net: NetworkBuilder, image: string) => string,
  classes: number | null = CLASSES,
): OperatorCase {
  const seed = [...name].reduce((hash, letter) => (Math.imul(hash, 31) + letter.charCodeAt(0)) | 0, 7);
  const net = new NetworkBuilder(shape, seed, 1 / 16);
  return { name, spec: net.build(grow(net, net.input), classes ?? undefined) };
}
