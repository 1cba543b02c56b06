import { describe, expect, test } from "vitest";
import { PROFILES } from "../../src/kernels/deepfool_step/profiles.js";
import { chooseCandidate, stepScale } from "../../src/kernels/deepfool_step/reference.js";
import { CHOSEN_KEPT, FINISHED, NOT_A_NUMBER, UNDONE } from "../../src/kernels/deepfool_step/wgsl_state.js";
import { candidatesFor, topClasses } from "../../src/kernels/top_classes/reference.js";
import { dispatch, Tensor } from "../../src/kernels/webgpu/dispatch.js";
import { SCHEDULE_FIELDS, scheduleShader } from "../../src/kernels/webgpu/schedule.js";
import { expectGuarded } from "../support/guarded.js";
import { randomValues } from "../support/random_values.js";
import { sizesAround } from "../support/sizes.js";
import { oddScores } from "../support/testers/scores.js";
import { plansFor, runOne, set } from "../support/testers/wgsl_plans.js";
import { openGpu, requestTestDevice } from "../support/webgpu.js";
import { CALL, POISON } from "../support/wgsl_kernel.js";
import { expectSame } from "../support/within.js";

const gpu = await openGpu();
const U = 2 ** -24;
const NONE = 0xffffffff;
const FAR = 3.4028234663852886e38;
/** Around the classes that a workgroup looks at together. */
const CLASSES = sizesAround(64).filter((classes) => classes > 1);

const finiteScores = (classes: number, images: number, seed: number): Float32Array => {
  const random = randomValues(seed);
  return Float32Array.from({ length: images * classes }, () => random.uniform(-2, 2));
};

describe.skipIf(!gpu)("WGSL of DeepFool's rounds", async () => {
  const device = gpu ? await requestTestDevice(gpu, { limits: "default" }) : (undefined as never);

  test.each(CLASSES)(
    "start: candidates as the reference, finished where the label is left already, %i classes",
    async (classes) => {
      const { plan, loop } = plansFor(2, classes);
      const logits = oddScores(classes, 6);
      const given = Uint32Array.from([NONE, 0, NONE, NONE, classes - 1, NONE]);
      const K = Math.min(10, classes);
      for (const steps of [0, 5]) {
        const { words } = await runOne(
          device,
          set(loop.start, { candidates: K, steps }),
          [
            [plan.logits, logits],
            [loop.tensors.given, given],
          ],
          { images: 6, classes },
        );
        const [candidates, state] = [words(loop.tensors.candidates), words(loop.tensors.state)];
        for (let n = 0; n < 6; n++) {
          const own = logits.subarray(n * classes, (n + 1) * classes);
          const [predicted] = topClasses(own, 0, classes, 1);
          const label = given[n] === NONE ? predicted : given[n];
          const over = predicted !== label || steps === 0;
          const unanswered = own.some(Number.isNaN);
          const flags = unanswered ? FINISHED | NOT_A_NUMBER : over ? FINISHED : 0;
          expect([...state.subarray(4 * n, 4 * n + 4)]).toEqual([0, predicted, flags, label]);
          expect([...candidates.subarray(n * K, (n + 1) * K)]).toEqual([...candidatesFor(own, label, K)]);
        }
        // Candidates lie K by K, whatever room there is.
        expect(candidates.subarray(6 * K).every((word) => word === POISON)).toBe(true);
      }
    },
  );

  test.each([5, 70])("judge: counts steps, finishes and undoes, %i classes", async (classes) => {
    const { plan, loop } = plansFor(2, classes);
    const last = classes - 1;
    /** What the forward pass says of a running image, and what is to become of its state. */
    const cases = [
      { best: last, state: [1, 3, 0, last], after: [2, last, 0, last] },
      { best: 0, state: [1, 3, 0, last], after: [2, 0, FINISHED, last] },
      { best: 2, state: [4, 2, 0, 2], after: [5, 2, FINISHED, 2] },
      { best: 2, odd: [last, Number.NaN], state: [1, 2, 0, 2], after: [2, 2, FINISHED | NOT_A_NUMBER, 2] },
      { best: 2, odd: [0, Number.NaN], bad: 1, state: [1, 2, 0, 2], after: [1, 2, FINISHED | UNDONE, 2] },
      { best: 2, odd: [0, -Infinity], state: [1, 2, 0, 2], after: [1, 2, FINISHED | UNDONE, 2] },
      { best: 2, bad: 1, state: [1, 2, 0, 2], after: [1, 2, FINISHED | UNDONE, 2] },
      { best: 1, state: [1, 2, FINISHED, 2], after: [1, 2, FINISHED, 2] },
      // Of equal logits the first.
      { best: 1, odd: [3, 9], state: [0, 1, 0, 1], after: [1, 1, 0, 1] },
    ];
    // The images of the run in another order, one of them not in this forward pass.
    const ids = cases.map((_, i) => (5 * i) % cases.length);
    const logits = finiteScores(classes, cases.length, classes);
    cases.forEach(({ best, odd }, i) => {
      logits[i * classes + best] = 9;
      if (odd) logits[i * classes + odd[0]] = odd[1];
    });
    const state = new Uint32Array(4 * cases.length);
    const bad = new Uint32Array(cases.length);
    cases.forEach((one, i) => {
      state.set(one.state, 4 * ids[i]);
      bad[ids[i]] = one.bad ?? 0;
    });
    const { words } = await runOne(
      device,
      set(loop.judge, { steps: 5 }),
      [
        [plan.logits, logits],
        [loop.tensors.ids, Uint32Array.from(ids)],
        [loop.tensors.bad, bad],
        [loop.tensors.state, state],
      ],
      { images: cases.length, classes },
    );
    const found = words(loop.tensors.state);
    cases.forEach(({ after }, i) => {
      expect([...found.subarray(4 * ids[i], 4 * ids[i] + 4)], `case ${i}`).toEqual(after);
    });
  });

  test.each(sizesAround(256))(
    "compact and advance: those that go on, in order, of %i images",
    async (images) => {
      const { loop } = plansFor(2, 3);
      const { state, ids, slots, moves } = { ...loop.tensors, slots: loop.compact.writes[0] };
      for (const share of [0, 0.4, 1]) {
        const random = randomValues(images);
        // Images of the run, backwards; other flags than FINISHED do not end one.
        const run = Uint32Array.from({ length: images }, (_, i) => images - 1 - i);
        const goesOn = Array.from({ length: images }, () => random.chance(share));
        const states = new Uint32Array(4 * images);
        for (let i = 0; i < images; i++) states[4 * run[i] + 2] = goesOn[i] ? UNDONE : FINISHED;
        const call = { images, lanes: 9, first: 4, classes: 17 };
        const listed = await runOne(
          device,
          loop.compact,
          [
            [state, states],
            [ids, run],
          ],
          call,
        );
        const expected = goesOn.flatMap((on, i) => (on ? [i] : []));
        const count = expected.length;
        expect([...listed.words(CALL)]).toEqual([images, count, 9, 4, 17]);
        expect([...listed.words(slots).subarray(0, count)]).toEqual(expected);
        const taken = listed.words(moves);
        expect([...taken.subarray(0, 4 * count)]).toEqual(expected.flatMap((i) => [run[i], NONE, 0, 0]));
        const advanced = await runOne(device, loop.advance, [[moves, taken]], { ...call, running: count });
        expect([...advanced.words(CALL)]).toEqual([count, count, 9, 4, 17]);
        expect([...advanced.words(ids).subarray(0, count)]).toEqual(expected.map((i) => run[i]));
      }
    },
  );

  test("schedule: as many workgroups as the images that run need, more than 65,535 in two dimensions", async () => {
    const random = randomValues(1);
    const rows = Array.from({ length: 67 }, (_, i) => [
      i % 3,
      random.pick([1, 7, 64, 150528]),
      random.pick([1, 64, 128]),
      random.pick([1, 5, 12]),
    ]);
    const table = new Tensor(SCHEDULE_FIELDS * 70, "constant", "table");
    const sizes = new Tensor(3 * 70, "constant", "sizes");
    const words = Uint32Array.from({ length: SCHEDULE_FIELDS * 70 }, (_, i) => rows[i >> 2]?.[i % 4] ?? 9);
    const groups = { rows: 67, tile: 64, times: 1 };
    const made = dispatch("schedule", scheduleShader, { dispatches: 67 }, { table, sizes }, groups);
    const call = { images: 5, running: 3, lanes: 11 };
    const found = (await runOne(device, made, [[table, words]], call)).words(sizes);
    let folded = 0;
    rows.forEach(([extent, perImage, tile, times], i) => {
      const needed = times * Math.ceil(((extent === 2 ? 33 : 3) * perImage) / tile);
      const [x, y, z] = found.subarray(3 * i);
      expect(z).toBe(1);
      expect(y).toBe(Math.max(1, Math.ceil(needed / 65535)));
      expect(x).toBe(Math.ceil(needed / y));
      if (y > 1) folded++;
    });
    expect(folded).toBeGreaterThan(0);
    expect(found.subarray(3 * 67).every((word) => word === POISON)).toBe(true);
  });

  test("seeds are differences of candidates, in the lanes of a pass and for the one that was chosen", async () => {
    const { plan, loop } = plansFor(2, 70);
    const { candidates, moves } = loop.tensors;
    const K = 9;
    const random = randomValues(2);
    const classes = new Uint32Array(3 * 70);
    for (let n = 0; n < 3; n++) classes.set(topClasses(finiteScores(70, 1, n), 0, 70, K), n * K);
    const difference = (id: number, k: number) => {
      const row = new Float32Array(70);
      row[classes[id * K + k]] += 1;
      row[classes[id * K]] -= 1;
      return [...row];
    };
    // Two of three images run, the last first; the pass carries candidates 4 to 6.
    const taken = Uint32Array.of(2, 5, 0, 0, 0, NONE, 0, 0, ...new Array(4).fill(random.integer(0, 99)));
    const given = [
      [candidates, classes],
      [moves, taken],
    ] as const;
    const call = { images: 3, running: 2, lanes: 3, first: 3, classes: 70 };
    const lanes = await runOne(device, set(loop.seeds, { candidates: K }), given, call);
    expect([...lanes.floats(plan.seeds)]).toEqual(
      [2, 0].flatMap((id) => [4, 5, 6].flatMap((k) => difference(id, k))),
    );
    const chosen = await runOne(device, set(loop.chosenSeeds, { candidates: K }), given, {
      ...call,
      lanes: 1,
    });
    // No step: no difference.
    expect([...chosen.floats(plan.seeds)]).toEqual([...difference(2, 6), ...new Array(70).fill(0)]);
  });

  describe("choose", () => {
    const C = 75;
    const { plan, loop } = plansFor(2, C);
    const { candidates, norms, moves, state, chosen } = loop.tensors;
    const slots = loop.compact.writes[0];

    interface Given {
      readonly profile: keyof typeof PROFILES;
      readonly order: 1 | 2;
      readonly K: number;
      /** Of one image: logits by class, norms by candidate but the first. */
      readonly logits: Float32Array;
      readonly lengths: Float32Array;
      readonly steps?: number;
    }
    /** Of two running images the second, whose place in the forward pass and in the run are 2 and 0. */
    const choose = async ({ profile, order, K, logits, lengths, steps = 3 }: Given) => {
      const { distanceOffset, normOffset } = PROFILES[profile];
      const others = finiteScores(C, 3, 9);
      others.set(logits, 2 * C);
      const table = new Uint32Array(3 * C);
      const own = candidatesFor(logits, 7, K);
      table.set(own, 0);
      table.set(candidatesFor(others.subarray(0, C), 1, K), K);
      const stride = new Float32Array(3 * C).fill(1);
      stride.fill(Number.NaN, C, 2 * C);
      stride.set(lengths, C);
      const found = await runOne(
        device,
        set(loop.choose, { candidates: K, norm: order === 2 ? 2 : 0, distanceOffset, normOffset }),
        [
          [plan.logits, others],
          [slots, Uint32Array.of(0, 2, 99)],
          [candidates, table],
          [norms, stride],
          [moves, Uint32Array.of(1, NONE, 0, 0, 0, NONE, 0, 0, 0, 0, 0, 0)],
          [state, Uint32Array.of(steps, 7, 0, 7, 0, 1, 0, 1, 0, 0, 0, 0)],
          [chosen, new Uint32Array(3 * CHOSEN_KEPT).fill(NONE)],
        ],
        { images: 3, running: 2, lanes: 1, classes: C },
      );
      const move = found.words(moves).slice(4, 8);
      return {
        move,
        scale: new Float32Array(move.slice(2, 3).buffer)[0],
        finished: found.words(state)[2],
        log: found.words(chosen).slice(0, CHOSEN_KEPT),
        own,
      };
    };
    const expectChoice = async (given: Given): Promise<number> => {
      const rules = PROFILES[given.profile];
      const result = await choose(given);
      const values = Array.from(result.own, (c) => given.logits[c]);
      const all = [0, ...given.lengths.subarray(0, given.K - 1)];
      const best = chooseCandidate(rules, values, all);
      const norm = given.order === 2 ? 2 : Infinity;
      const scale = best === 0 ? 0 : stepScale(rules, norm, values, best, all[best]);
      if (scale === 0) {
        expect([...result.move]).toEqual([0, NONE, 0, 0]);
        expect(result.finished).toBe(FINISHED);
        return 0;
      }
      expect(result.move[1]).toBe(best - 1);
      expect(result.finished).toBe(0);
      // Two divisions of 2.5 u each, three sums or products.
      expectGuarded([result.scale], [scale], () => 10 * U * scale, []);
      expect([...result.log]).toEqual(
        Array.from({ length: CHOSEN_KEPT }, (_, i) =>
          i === (given.steps ?? 3) % CHOSEN_KEPT ? result.own[best] : NONE,
        ),
      );
      return best;
    };
    const random = (seed: number, profile: Given["profile"], order: 1 | 2, K = 10): Given => {
      const values = randomValues(seed);
      const logits = finiteScores(C, 1, seed);
      logits[7] = 2.5;
      return {
        profile,
        order,
        K,
        logits,
        lengths: Float32Array.from({ length: C }, () => values.uniform(0.5, 2)),
      };
    };

    // 74 lanes: more than a workgroup takes at once.
    for (const profile of ["lts4", "lts4-torch", "foolbox"] as const)
      test.each([1, 2] as const)(`as the reference: ${profile}, order %i`, async (order) => {
        const found = new Set<number>();
        for (const [seed, K] of [2, 3, 10, 10, 66, C, C].entries())
          found.add(await expectChoice({ ...random(seed, profile, order, K), steps: seed + 5 }));
        expect(found.size).toBeGreaterThan(2);
        expect(found).not.toContain(0);
      });

    test("of equals the first, in whichever lanes they are", async () => {
      const given = random(1, "lts4", 2, C);
      const logits = new Float32Array(C).fill(1);
      logits[7] = 2;
      for (const [a, b] of [
        [0, 1],
        [3, 67],
        [5, 40],
        [66, 70],
      ]) {
        const lengths = new Float32Array(C).fill(1);
        lengths[a] = 2;
        lengths[b] = 2;
        expect(await expectChoice({ ...given, logits, lengths })).toBe(a + 1);
      }
    });

    test("passes over what has no gradient, takes no step where something is not finite", async () => {
      const given = random(2, "lts4", 2);
      const best = await expectChoice(given);
      const without = (value: number, at = best - 1) => given.lengths.map((x, k) => (k === at ? value : x));
      expect(await expectChoice({ ...given, lengths: without(0) })).not.toBe(best);
      expect(await expectChoice({ ...given, lengths: given.lengths.map(() => 0) })).toBe(0);
      for (const odd of [Number.NaN, Infinity])
        for (const at of [0, 4, 8])
          expect(await expectChoice({ ...given, lengths: without(odd, at) })).toBe(0);
      const logits = given.logits.map((x, c) => (c === 7 ? Infinity : x));
      expect(await expectChoice({ ...given, logits })).toBe(0);
    });

    test("logits that tie give a step of 2^-20 of a logit, or of the norm where they are 0", async () => {
      for (const value of [3, -3, 0])
        for (const profile of ["lts4", "foolbox"] as const)
          expect(
            await expectChoice({ ...random(3, profile, 2), logits: new Float32Array(C).fill(value) }),
          ).toBeGreaterThan(0);
    });
  });

  describe.each([1, 63, 64, 65, 131])("step, D = %i", (size) => {
    const { plan, loop } = plansFor(size, 4);
    const { images, r, before, moves, bad } = loop.tensors;
    const random = randomValues(size);
    const draw = (length: number) => Float32Array.from({ length }, () => random.uniform(-1, 1));
    const scale = Math.fround(0.37);
    const bits = new Uint32Array(Float32Array.of(scale).buffer)[0];
    const factor = Math.fround(1.02);

    for (const single of [false, true])
      test.each([2, 0])(
        `r, what it was, and the point within rounding, ${single ? "chosen" : "every"} lane, norm %i`,
        async (norm) => {
          const [x0, sums] = [draw(3 * size), draw(3 * size)];
          const lanes = single ? 1 : 3;
          // Image 2 takes lane 2, image 0 no step; image 1 does not run.
          const lane = single ? 5 : 2;
          const w = new Float32Array(2 * lanes * size).fill(Number.NaN);
          const own = draw(size).map((v, u) => (u % 7 === 3 ? 0 : v));
          w.set(own, (lanes - 1) * size);
          for (const [low, high] of [
            [-FAR, FAR],
            [-0.5, 0.5],
          ]) {
            const found = await runOne(
              device,
              set(single ? loop.singleStep : loop.step, { norm, factor, low, high }),
              [
                [images, x0],
                [plan.gradient, w],
                [moves, Uint32Array.of(2, lane, bits, 0, 0, NONE, 0, 0, 0, 0, 0, 0)],
                [r, sums],
                [bad, new Uint32Array(3)],
              ],
              { images: 3, running: 2, lanes },
            );
            const steps = Float64Array.from(own, (v) => scale * (norm === 2 ? v : Math.sign(v)));
            const expected = Float64Array.from(sums);
            for (let u = 0; u < size; u++) expected[2 * size + u] += steps[u];
            const magnitude = (i: number) =>
              Math.abs(sums[i]) + (i < 2 * size ? 0 : Math.abs(steps[i - 2 * size]));
            expectGuarded(found.floats(r), expected, (i) => (i < 2 * size ? 0 : 2 * U * magnitude(i)), [1]);
            expectSame(found.floats(before).subarray(2 * size), sums.subarray(2 * size));
            const untouched = new Uint32Array(found.floats(before).slice(0, 2 * size).buffer);
            expect(untouched.every((word) => word === POISON)).toBe(true);
            const place = (i: number) => (i < size ? 2 * size + i : i - size);
            const points = found.floats(plan.pixels).subarray(0, 2 * size);
            expectGuarded(
              points,
              Array.from(points, (_, i) =>
                Math.min(high, Math.max(low, x0[place(i)] + factor * expected[place(i)])),
              ),
              (i) => U * (4 * factor * magnitude(place(i)) + 2 * Math.abs(x0[place(i)])),
              [1, size],
            );
            expect([...found.words(bad)]).toEqual([0, 0, 0]);
          }
        },
      );

    test.each([Number.NaN, Infinity])("a point of %d is bad, and its image alone", async (odd) => {
      const [x0, w] = [draw(2 * size), draw(2 * size)];
      w[2 * size - 1] = odd;
      const found = await runOne(
        device,
        set(loop.step, { norm: 2, factor, low: -1, high: 1 }),
        [
          [images, x0],
          [plan.gradient, w],
          [moves, Uint32Array.of(0, 0, bits, 0, 1, 0, bits, 0)],
          [r, new Float32Array(2 * size)],
          [bad, new Uint32Array(2)],
        ],
        { images: 2, lanes: 1 },
      );
      expect([...found.words(bad)]).toEqual([0, 1]);
    });
  });
});
