import { afterAll, describe, expect, test } from "vitest";
import { LANES } from "../../src/kernels/wasm/lowering.js";
import { portionOf, slow } from "../support/portion.js";
import { type Case, casesWith, deadOf, networksWith, undetectedIn } from "./cases.js";
import { chromiumEngines } from "./chromium_engines.js";
import { compareWithOracle } from "./comparison.js";
import { coveringSample } from "./covering.js";
import { type EngineUnderTest, wasmEngines } from "./engines.js";
import { webgpuEngines } from "./webgpu_engines.js";

/** Random networks by seed; the threaded engines take the first few. */
const SEEDS = 300;
/** Every so many cases an engine that starts workers takes one. */
const SAMPLE = 37;

/**
 * Numbers of rows that the Jacobian of every case is asked for: each number of lanes that backward passes are made for, full
 * and not, as far as it is not the next smaller one's. Ten rows, the default of everything, take kernels of their own.
 */
const ROWS = [3, 5, 9, 10, 12];

/** Cases that are constant functions on purpose, beside those of operators that may come. */
const FLAT = ["arithmetic/Sub of a value with itself", "graph/everything is dead"];

const cases = casesWith(2);
const networks = networksWith(1, [...Array(SEEDS).keys()]);

/** How much of the cases an engine takes: for engines that start workers a sample does, which have the kernels of others. */
type Share = "all" | "sample" | "covering";
interface Take {
  readonly under: EngineUnderTest;
  readonly share: Share;
}

/** One in so many of the cases that bring no new kernel joins the covering sample: few where another part has all. */
const EVERY = slow ? 7 : 47;

const takes: readonly Take[] = portionOf<Take>({
  quick: [
    ...wasmEngines.map((under) => ({ under, share: under.starts === "workers" ? "sample" : "all" }) as const),
    ...(slow ? [] : webgpuEngines.map((under) => ({ under, share: "covering" }) as const)),
  ],
  slow: [
    ...webgpuEngines.map((under) => ({ under, share: "all" }) as const),
    ...chromiumEngines.map((under) => ({ under, share: "covering" }) as const),
  ],
});

describe.each(takes.map((take) => ({ name: take.under.name, ...take })))(
  "$name equals the oracle within the float32 bound",
  ({ under, share }) => {
    let checked = 0;
    const exceptions: string[] = [];

    async function check(list: readonly Case[]): Promise<void> {
      for (const { expectation } of list) {
        const expected = expectation();
        using engine = await under.create(expected.network, expected.input);
        exceptions.push(...(await compareWithOracle(engine, expected, ROWS)));
        checked++;
      }
    }

    if (share === "covering") {
      // One by one: on a busy machine a network of new kernels takes a while.
      test.each(coveringSample([...cases, ...networks], EVERY))("$name", (item) => check([item]));
    } else if (share === "sample") {
      test("a sample of operators", () => check(cases.filter((_, i) => i % SAMPLE === 0)));
      test("a few random networks", () => check(networks.slice(0, 8)));
    } else {
      test.each(groups(cases))("$operator, $list.length cases", ({ list }) => check(list));
      test.each(batches(networks, 50))("random networks from $first", ({ list }) => check(list));
    }

    test("few cases hang on a tie", () => {
      expect(checked).toBeGreaterThan(0);
      expect(exceptions.length, exceptions.join("\n")).toBeLessThanOrEqual(Math.ceil(0.005 * checked));
    });

    afterAll(() => {
      const shown = exceptions.map((line) => `\n  tie: ${line}`).join("");
      console.log(`${under.name}: ${checked} networks, ${exceptions.length} decided by ties${shown}`);
    });
  },
);

describe("the cases", () => {
  test("tell right results from zeros, from their neighbour's and from gradients that are a hundredth too long", () => {
    expect(undetectedIn([...cases, ...networks])).toEqual([]);
  });

  test("are dead where they are constant functions, which are few, and nowhere else", () => {
    const { flat, unheld } = deadOf([...cases, ...networks]);
    expect(unheld).toEqual([]);
    expect(flat).toEqual(expect.arrayContaining(FLAT));
    const further = flat.filter((name) => !FLAT.includes(name));
    expect(further.length, further.join()).toBeLessThan(cases.length / 200);
  });

  test("take the kernels of every number of lanes, full and not", () => {
    LANES.forEach((lanes, i) => {
      const taking = ROWS.filter((rows) => rows <= lanes && rows > (LANES[i - 1] ?? 0));
      expect(taking.length, `rows that take ${lanes} lanes`).toBeGreaterThan(0);
    });
  });
});

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
