import { afterAll, describe, expect, test } from "vitest";
import { type Network, type NetworkSpec, sizeOf } from "../../src/network/spec.js";
import { operatorCases, randomImages, randomNetwork } from "../support/random_network.js";
import { randomValues } from "../support/random_values.js";
import { chromiumEngines } from "./chromium_engines.js";
import { compareWithOracle, type Expectation, expectationOf } from "./comparison.js";
import { coveringSample } from "./covering.js";
import { type EngineUnderTest, wasmEngines } from "./engines.js";
import { webgpuEngines } from "./webgpu_engines.js";

const engines: readonly EngineUnderTest[] = [...wasmEngines, ...webgpuEngines, ...chromiumEngines];

/** Random networks by seed; the threaded engines take the first few. */
const SEEDS = 300;
/** Every so many cases an engine that starts workers takes one. */
const SAMPLE = 37;

interface Case {
  readonly name: string;
  readonly spec: NetworkSpec;
  readonly images: (network: Network) => Float32Array;
}

const cases: readonly Case[] = operatorCases().map(({ name, spec }) => ({
  name,
  spec,
  images: (network) => gridImages(network, name.length, 2),
}));
const networks: readonly Case[] = Array.from({ length: SEEDS }, (_, seed) => ({
  name: `random network ${seed}`,
  spec: randomNetwork(seed),
  images: (network) => randomImages(network, 1, seed),
}));

/** The oracle is asked once for all engines. */
const known = new Map<string, Expectation>();
function expectation({ name, spec, images }: Case): Expectation {
  const found = known.get(name) ?? expectationOf(name, spec, images);
  known.set(name, found);
  return found;
}

describe.each(engines)("$name equals the oracle within the float32 bound", (under) => {
  const checked: string[] = [];
  const exceptions: string[] = [];
  let dead = 0;

  async function check(list: readonly Case[]): Promise<void> {
    for (const item of list) {
      const expected = expectation(item);
      using engine = await under.create(expected.network, expected.input);
      exceptions.push(...(await compareWithOracle(engine, expected)));
      checked.push(item.name);
      if (!expected.answers.some(({ values }) => values.some((value) => value !== 0))) dead++;
    }
  }

  if (under.starts === "in a page") {
    // One by one: on a busy machine a network of new kernels takes a while.
    test.each(coveringSample([...cases, ...networks]))("$name", (item) => check([item]));
  } else if (under.starts === "workers") {
    test("a sample of operators", () => check(cases.filter((_, i) => i % SAMPLE === 0)));
    test("a few random networks", () => check(networks.slice(0, 8)));
  } else {
    test.each(groups(cases))("$operator, $list.length cases", ({ list }) => check(list));
    test.each(batches(networks, 50))("random networks from $first", ({ list }) => check(list));
  }

  test("the cases would notice zeros", () => {
    expect(checked.length).toBeGreaterThan(0);
    expect(dead / checked.length).toBeLessThan(0.03);
  });

  test("few cases hang on a tie", () => {
    expect(exceptions.length, exceptions.join("\n")).toBeLessThanOrEqual(0.005 * checked.length);
  });

  afterAll(() => {
    const shown = exceptions.map((line) => `\n  tie: ${line}`).join("");
    console.log(`${under.name}: ${checked.length} networks, ${exceptions.length} decided by ties${shown}`);
  });
});

/** Pixels whose network inputs are on the grid of the cases' weights, so that exact zeros and ties occur. */
function gridImages(network: Network, seed: number, count: number): Float32Array {
  const random = randomValues(seed);
  const length = count * sizeOf(network.input.shape);
  return Float32Array.from({ length }, () => random.integer(0, 16) / 16);
}

function groups(list: readonly Case[]): { operator: string; list: Case[] }[] {
  const byOperator = new Map<string, Case[]>();
  for (const item of list) {
    const operator = item.name.slice(0, item.name.search(/[/ ]/));
    byOperator.set(operator, [...(byOperator.get(operator) ?? []), item]);
  }
  return [...byOperator].map(([operator, members]) => ({ operator, list: members }));
}

function batches(list: readonly Case[], length: number): { first: number; list: Case[] }[] {
  return Array.from({ length: Math.ceil(list.length / length) }, (_, i) => ({
    first: i * length,
    list: list.slice(i * length, (i + 1) * length),
  }));
}
