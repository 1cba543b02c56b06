import { logits64 } from "../../src/engines/reference.js";
import { buildNetwork } from "../../src/network/build.js";
import { resolveInput } from "../../src/network/input.js";
import { type Network, type NetworkSpec, sizeOf } from "../../src/network/spec.js";
import { isDead, undetected } from "../support/oracle.js";
import { operatorCases, randomImages, randomNetwork } from "../support/random_network.js";
import { randomValues } from "../support/random_values.js";
import { type Expectation, expectationOf } from "./comparison.js";

/** A network that engines are held to the oracle on. */
export interface Case {
  readonly name: string;
  readonly spec: NetworkSpec;
  /** The oracle is asked when it is first needed, once for all engines. */
  readonly expectation: () => Expectation;
}

/** Seeds that a random network may take in the place of one whose gradients are 0 at every image. */
const SPARE = 1000;
const TAKES = 10;

/** Images that are drawn in search of one at which some gradient is not 0. */
const DRAWS = { case: 256, network: 4 };

/** Every hand-written case with so many images. */
export function casesWith(count: number): Case[] {
  return operatorCases().map(({ name, spec }) => {
    const draw = (network: Network, attempt: number) => gridImage(network, 1024 * name.length + attempt);
    return { name, spec, expectation: once(() => expectationOf(name, spec, draw, count, DRAWS.case)) };
  });
}

/** Random networks by seed, with so many images of each. */
export function networksWith(count: number, seeds: readonly number[]): Case[] {
  return seeds.map((seed) => livingNetwork(seed, count));
}

function livingNetwork(seed: number, count: number): Case {
  const name = `random network ${seed}`;
  const draw = (network: Network, attempt: number) => randomImages(network, 1, seed + SPARE * attempt);
  for (let take = 0; ; take++) {
    const spec = randomNetwork(seed + SPARE * take);
    const expected = expectationOf(name, spec, draw, count, DRAWS.network);
    if (take === TAKES || expected.answers.every((answer) => undetected(answer).length === 0))
      return { name, spec, expectation: () => expected };
  }
}

/** Pixels whose network inputs are on the grid of the cases' weights, so that exact zeros and ties occur. */
function gridImage({ input: { shape } }: Network, seed: number): Float32Array {
  const random = randomValues(seed);
  return Float32Array.from({ length: sizeOf(shape) }, () => random.integer(0, 16) / 16);
}

function once<T>(make: () => T): () => T {
  let made: { value: T } | undefined;
  return () => {
    made ??= { value: make() };
    return made.value;
  };
}

/** Images, others than the expectation's, that say whether scores depend on the image. */
const TRIED = 16;

/** Scores that are the same for every image: gradients of 0 are right, and an engine of zeros passes, on purpose. */
function isFlat({ spec }: Case): boolean {
  const network = buildNetwork(spec);
  const { shape } = network.input;
  const input = resolveInput(undefined, shape[shape.length - 1]);
  const scores = Array.from({ length: TRIED }, (_, n) =>
    [...logits64(network, input, Float64Array.from(gridImage(network, n)))].join(),
  );
  return new Set(scores).size === 1;
}

/** What there is of cases with an image at which every gradient is 0. */
export interface Dead {
  /** Those that are constant functions. */
  readonly flat: readonly string[];
  /** The others, which no comparison of gradients holds to anything. */
  readonly unheld: readonly string[];
}

export function deadOf(cases: readonly Case[]): Dead {
  const dead = cases.filter(({ expectation }) => expectation().answers.some(isDead));
  const flat = dead.filter(isFlat).map(({ name }) => name);
  return { flat, unheld: dead.map(({ name }) => name).filter((name) => !flat.includes(name)) };
}

/**
 * Wrong results that some case would let pass, of those that {@link undetected} tries and of the case before it. None where
 * every comparison can fail; those of constant functions are left out.
 */
export function undetectedIn(cases: readonly Case[]): string[] {
  const { flat } = deadOf(cases);
  return cases.flatMap(({ name, expectation }, i) => {
    if (flat.includes(name)) return [];
    const neighbours = cases[i === 0 ? 1 : i - 1].expectation().answers;
    const { answers } = expectation();
    return answers.flatMap((answer) => undetected(answer, neighbours).map((what) => `${name}: ${what}`));
  });
}
