/** Which boundary DeepFool steps to and how far: exact, jumps included. */
import { describe, expect, test } from "vitest";
import { PHASES } from "../../src/kernels/deepfool_step/loop_state.js";
import { PROFILES } from "../../src/kernels/deepfool_step/profiles.js";
import { chooseCandidate, stepScale } from "../../src/kernels/deepfool_step/reference.js";
import { TAPE_END } from "../../src/kernels/wasm/assembler.js";
import { randomValues } from "../support/random_values.js";
import { passListOf, readState, stateOf } from "../support/testers/deepfool_state.js";
import { variants, WasmKernels } from "../support/wasm_kernel.js";

/** Addresses that the kernels may jump to. */
const [FINISH, STEP, KEEP, SKIP] = [44, 88, 132, 176];

describe.each(variants)("deepfool_nearest and deepfool_choose, $variant", ({ relaxed }) => {
  const CANDIDATES = 12;
  const PASSES = [
    { first: 0, count: 5, stride: 8 },
    { first: 5, count: 4, stride: 4 },
    { first: 9, count: 2, stride: 4 },
  ];
  /** Where each candidate but the first is carried. */
  const carried = PASSES.flatMap(({ count }, pass) =>
    Array.from({ length: count }, (_, lane) => ({ pass, lane })),
  );

  interface Step {
    readonly order: 1 | 2;
    readonly profile: keyof typeof PROFILES;
    /** Logits by class, and squares or magnitudes by candidate and chunk. */
    readonly logits: Float32Array;
    readonly sums: readonly (readonly number[])[];
    readonly budget?: number;
  }
  const classes = Int32Array.from({ length: CANDIDATES }, (_, k) => (5 * k + 3) % 17);

  /** All passes one after the other, then the choice. */
  const step = ({ order, profile, logits, sums, budget = 1 }: Step) => {
    const { distanceOffset, normOffset } = PROFILES[profile];
    const kernels = new WasmKernels(relaxed);
    const given = { order, distanceOffset, normOffset, nearest: Infinity, budget, r: 1000, before: 2000 };
    const state = kernels.inout(stateOf(given));
    const chunks = sums[1].length;
    const scores = kernels.input(logits);
    const candidates = kernels.input(classes);
    const kept: number[] = [];
    PASSES.forEach(({ first, count, stride }, i) => {
      // Lanes past the last candidate hold what they hold.
      const partials = new Float64Array(chunks * stride).fill(Number.NaN);
      for (let k = 0; k < count; k++)
        for (let t = 0; t < chunks; t++) partials[t * stride + k] = sums[first + k + 1][t];
      const target = kernels.call("deepfool_nearest", 1, {
        state,
        passes: passListOf(kernels, PASSES, i + 1),
        partials: kernels.input(partials),
        chunks,
        candidates,
        logits: scores,
        keep: KEEP,
        skip: SKIP,
      });
      const { chosen, lane } = readState(state, "chosen", "lane");
      const isOwn = chosen > first && chosen <= first + count;
      expect(target).toBe(isOwn ? KEEP : SKIP);
      if (isOwn) {
        expect(lane).toBe(chosen - 1 - first);
        kept.push(chosen);
      }
    });
    const fields = { state, candidates, logits: scores, step: STEP, finish: FINISH };
    const target = kernels.call("deepfool_choose", 1, fields);
    return {
      ...readState(state, "chosen", "scale", "unsound", "r", "before", "phase", "resume"),
      target,
      kept,
    };
  };

  /** By the reference; norms are the sums of their chunks in order. */
  const expectStep = (test: Step): number => {
    const rules = PROFILES[test.profile];
    const norms = test.sums.map((parts) => {
      const sum = parts.reduce((a, b) => a + b, 0);
      return test.order === 2 ? Math.sqrt(sum) : sum;
    });
    const scores = Array.from(classes, (c) => test.logits[c]);
    const chosen = chooseCandidate(rules, scores, norms);
    const norm = test.order === 2 ? 2 : Infinity;
    const scale = chosen === 0 ? 0 : stepScale(rules, norm, scores, chosen, norms[chosen]);
    const found = step(test);
    if (scale === 0) {
      expect(found.target).toBe(FINISH);
      expect([found.r, found.before, found.phase]).toEqual([1000, 2000, 0]);
      return 0;
    }
    expect(found.kept.at(-1)).toBe(chosen);
    expect(found.chosen).toBe(chosen);
    expect(found.scale).toBe(scale);
    expect(found.target).toBe(STEP);
    expect([found.r, found.before, found.phase]).toEqual([2000, 1000, PHASES.afterStep]);
    return chosen;
  };

  const random = (seed: number, order: 1 | 2, profile: Step["profile"]): Step => {
    const values = randomValues(seed);
    const some = () => values.uniform(0, 3);
    return {
      order,
      profile,
      logits: Float32Array.from({ length: 17 }, () => values.uniform(-2, 2)),
      sums: Array.from({ length: CANDIDATES }, () => [some(), some(), some()]),
    };
  };
  const profiles = ["lts4", "lts4-torch", "foolbox", "paper"] as const;
  const kinds = profiles.flatMap((profile) => ([1, 2] as const).map((order) => ({ profile, order })));

  test.each(kinds)("as the reference: $profile, order $order", ({ profile, order }) => {
    const chosen = new Set<number>();
    for (let seed = 0; seed < 20; seed++) chosen.add(expectStep(random(seed, order, profile)));
    // Candidates of every pass are among them.
    expect(new Set([...chosen].map((k) => carried[k - 1].pass)).size).toBe(3);
  });

  test.each(kinds)(
    "a candidate without gradient is passed over: $profile, order $order",
    ({ profile, order }) => {
      const given = random(1, order, profile);
      const first = expectStep(given);
      const sums = given.sums.map((parts, k) => (k === first ? [0, 0, 0] : parts));
      expect(expectStep({ ...given, sums })).not.toBe(first);
      expect(expectStep({ ...given, sums: sums.map(() => [0, 0, 0]) })).toBe(0);
    },
  );

  test.each(kinds)(
    "of equal distances the first, over passes too: $profile, order $order",
    ({ profile, order }) => {
      const logits = new Float32Array(17).fill(1);
      logits[classes[0]] = 2;
      const sums = Array.from(classes, () => [1, 2, 3]);
      expect(expectStep({ order, profile, logits, sums })).toBe(1);
      // Of the second pass alone.
      const zero = sums.map((parts, k) => (k < 7 ? [0, 0, 0] : parts));
      expect(expectStep({ order, profile, logits, sums: zero })).toBe(7);
    },
  );

  test.each(kinds)("logits that tie still give a step: $profile, order $order", ({ profile, order }) => {
    for (const value of [3, -3, 0])
      expect(
        expectStep({ ...random(2, order, profile), logits: new Float32Array(17).fill(value) }),
      ).toBeGreaterThan(0);
  });

  test.each([
    ["a norm is infinite", 4, Infinity],
    ["a norm is NaN", 11, Number.NaN],
    ["a norm of the second pass is NaN", 7, Number.NaN],
  ])("there is no step where %s", (_, candidate, value) => {
    const given = random(3, 2, "lts4");
    const sums = given.sums.map((parts, k) => (k === candidate ? [1, value, 1] : parts));
    expect(expectStep({ ...given, sums })).toBe(0);
  });

  test.each([Number.NaN, Infinity, -Infinity])("there is no step where a logit is %d", (value) => {
    for (const candidate of [0, 6, 11]) {
      const given = random(4, 1, "foolbox");
      const logits = given.logits.slice();
      logits[classes[candidate]] = value;
      expect(expectStep({ ...given, logits })).toBe(0);
    }
  });

  test("a scale that overflows is no step", () => {
    const given = random(5, 2, "lts4");
    expect(expectStep({ ...given, sums: given.sums.map(() => [1e-320, 0, 0]) })).toBe(0);
  });

  test("where the budget is used up the tape ends, and goes on at the step", () => {
    const found = step({ ...random(6, 2, "lts4"), budget: 0 });
    expect(found.target).toBe(TAPE_END);
    expect(found.resume).toBe(STEP);
    expect([found.r, found.before, found.phase]).toEqual([2000, 1000, PHASES.afterStep]);
    expect(step({ ...random(6, 2, "lts4"), budget: 1 }).target).toBe(STEP);
  });
});
