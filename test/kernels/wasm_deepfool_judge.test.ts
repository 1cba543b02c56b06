/** Where DeepFool's loop goes on after a forward pass, and what of its state that changes: exact. */
import { describe, expect, test } from "vitest";
import { PHASES } from "../../src/kernels/deepfool_step/loop_state.js";
import { passList } from "../../src/kernels/seeds/pass_list.js";
import { TAPE_END } from "../../src/kernels/wasm/assembler.js";
import { expectState, passListOf, type StateValues, stateOf } from "../support/testers/deepfool_state.js";
import { variants, WasmKernels } from "../support/wasm_kernel.js";

/** Addresses that the kernels may jump to. */
const [FIRST, AGAIN, UNDO, MOVE, FINISH, START] = [44, 88, 132, 176, 220, 264];

describe.each(variants)("deepfool_judge, $variant", ({ relaxed }) => {
  const before: StateValues = {
    image: 2,
    images: 3,
    steps: 5,
    iterations: 1,
    budget: 7,
    label: 3,
    newLabel: 1,
    chosen: 2,
    unsound: 1,
    logged: 4,
    r: 1000,
    before: 2000,
    factor: 9,
    stepFactor: 1,
    overshot: 1.02,
    nearest: 0.5,
  };
  interface Judged {
    readonly state?: StateValues;
    readonly logits: readonly number[];
    readonly labels?: readonly number[];
    readonly finite?: readonly number[];
  }
  const judge = ({ state, logits, labels = [0, 0, -1], finite = [1, 1, 1] }: Judged) => {
    const kernels = new WasmKernels(relaxed);
    const given = { ...before, ...state };
    const block = kernels.inout(stateOf(given));
    const passes = passListOf(kernels, [{ first: 0, count: 1, stride: 4 }], 1);
    const log = kernels.inout(new Int32Array(8).fill(-7));
    const target = kernels.call("deepfool_judge", 1, {
      state: block,
      logits: kernels.input(Float32Array.from(logits)),
      classes: logits.length,
      finite: kernels.input(Int32Array.from(finite)),
      tiles: finite.length,
      labels: kernels.input(Int32Array.from(labels)),
      candidates: kernels.input(Int32Array.of(3, 0, 4, 1)),
      log,
      passes,
      first: FIRST,
      again: AGAIN,
      undo: UNDO,
      move: MOVE,
      finish: FINISH,
    });
    expect(passes.values()[0]).toBe(passes.at + passList.records);
    return {
      target,
      log: [...log.values()],
      /** What is always set, and what else. */
      changes: (changed: StateValues) =>
        expectState(block, given, {
          budget: (given.budget ?? 0) - 1,
          nearest: Infinity,
          chosen: 0,
          unsound: 0,
          ...changed,
        }),
    };
  };
  const untouched = new Array(8).fill(-7);
  /** Class 3 wins, the first of two equals. */
  const wins3 = [0, -1, 1.5, 2, 2];

  test("at the image: the prediction is the class to leave, and the first step is next", () => {
    const { target, log, changes } = judge({
      state: { phase: PHASES.atImage, iterations: 0 },
      logits: wins3,
    });
    expect(target).toBe(FIRST);
    expect(log).toEqual(untouched);
    changes({ label: 3, newLabel: 3 });
  });

  test("at the image: a label that is given, which is the prediction or not", () => {
    const state = { phase: PHASES.atImage, iterations: 0 };
    const same = judge({ state, logits: wins3, labels: [0, 0, 3] });
    expect(same.target).toBe(FIRST);
    same.changes({ label: 3, newLabel: 3 });
    const other = judge({ state, logits: wins3, labels: [3, 3, 0] });
    expect(other.target).toBe(FINISH);
    other.changes({ label: 0, newLabel: 3 });
  });

  test("at the image: no steps at all", () => {
    const { target, changes } = judge({
      state: { phase: PHASES.atImage, iterations: 0, steps: 0 },
      logits: wins3,
    });
    expect(target).toBe(FINISH);
    changes({ newLabel: 3 });
  });

  const phase = PHASES.afterStep;
  test("after a step: its class is logged, and the next one follows while the class is not left", () => {
    const { target, log, changes } = judge({ state: { phase }, logits: wins3 });
    expect(target).toBe(AGAIN);
    expect(log).toEqual(untouched.map((v, i) => (i === 4 ? 4 : v)));
    changes({ iterations: 2, newLabel: 3, logged: 5 });
  });

  test.each([
    ["the class is left", { phase }, [5, -1, 1.5, 2, 2], 0],
    ["the steps are used up", { phase, iterations: 4 }, wins3, 3],
  ] as const)("after a step: it ends where %s", (_, state, logits, newLabel) => {
    const { target, changes } = judge({ state, logits });
    expect(target).toBe(FINISH);
    changes({ iterations: (("iterations" in state && state.iterations) || 1) + 1, newLabel, logged: 5 });
  });

  test.each([
    ["a logit is NaN where pixels are not finite", [0, -1, Number.NaN, 2, 2], [1, 1, 0]],
    ["a logit is infinite", [0, -1, 1, 2, Infinity], [1, 1, 1]],
    ["the first logit is -infinity", [-Infinity, -1, 1, 2, 2], [1, 1, 1]],
    ["pixels of the first tile are not finite", wins3, [0, 1, 1]],
    ["pixels of the last tile are not finite", wins3, [1, 1, 0]],
  ])("after a step: it is undone where %s", (_, logits, finite) => {
    const { target, log, changes } = judge({ state: { phase }, logits, finite });
    expect(target).toBe(UNDO);
    expect(log).toEqual(untouched);
    changes({ r: 2000, before: 1000 });
  });

  test("overshot: the prediction counts where logits are finite; pixels that are not go back to the step", () => {
    const state = { phase: PHASES.overshot };
    const sound = judge({ state, logits: wins3 });
    expect(sound.target).toBe(FINISH);
    sound.changes({ newLabel: 3 });
    const unsound = judge({ state, logits: [-Infinity, ...wins3] });
    expect(unsound.target).toBe(FINISH);
    unsound.changes({});
    const outside = judge({ state, logits: wins3, finite: [1, 0, 1] });
    expect(outside.target).toBe(MOVE);
    outside.changes({ phase: PHASES.notOvershot, factor: 1 });
  });

  test.each([PHASES.atImage, PHASES.afterStep, PHASES.overshot, PHASES.notOvershot])(
    "a logit that is NaN at a point of finite pixels ends the tape, phase %i",
    (at) => {
      for (const n of [0, 2, 4]) {
        const state = { phase: at, resume: 77, iterations: 1, label: 3 };
        const logits = wins3.with(n, Number.NaN);
        // At an image nobody has looked at its pixels yet.
        const finite = at === PHASES.atImage ? [0, 0, 0] : [1, 1, 1];
        const { target, log, changes } = judge({ state, logits, labels: [0, 0, 3], finite });
        expect(target).toBe(TAPE_END);
        expect(log).toEqual(untouched);
        const undone = at === PHASES.afterStep ? { r: 2000, before: 1000 } : {};
        const seen = at === PHASES.atImage ? { newLabel: 3 } : {};
        changes({ ...undone, ...seen, notANumber: 1, resume: 0 });
      }
    },
  );

  test("back from the overshoot: it ends whatever the pixels are", () => {
    const { target, changes } = judge({
      state: { phase: PHASES.notOvershot },
      logits: wins3,
      finite: [1, 0, 1],
    });
    expect(target).toBe(FINISH);
    changes({ newLabel: 3 });
  });
});

describe.each(variants)("deepfool_finish, $variant", ({ relaxed }) => {
  const before: StateValues = {
    image: 1,
    images: 3,
    label: 5,
    newLabel: 6,
    iterations: 7,
    budget: 1,
    factor: 1.5,
    stepFactor: 1,
    overshot: 1.02,
    overshootsEachStep: 1,
    phase: PHASES.afterStep,
  };
  const finish = (state: StateValues) => {
    const kernels = new WasmKernels(relaxed);
    const given = { ...before, ...state };
    const block = kernels.inout(stateOf(given));
    const outcomes = kernels.inout(new Int32Array(9).fill(-7));
    const fields = { state: block, outcomes, start: START, move: MOVE };
    const target = kernels.call("deepfool_finish", 1, fields);
    return {
      target,
      outcomes: [...outcomes.values()],
      changes: (changed: StateValues) => expectState(block, given, changed),
    };
  };
  const next = { iterations: 0, phase: PHASES.atImage, factor: 1 };

  test("writes the outcome and begins the next image", () => {
    const { target, outcomes, changes } = finish({});
    expect(target).toBe(START);
    expect(outcomes).toEqual([-7, -7, -7, 5, 6, 7, -7, -7, -7]);
    changes({ ...next, image: 2 });
  });

  test("the tape ends after the last image, and where the budget is used up", () => {
    const last = finish({ image: 2, resume: 123 });
    expect(last.target).toBe(TAPE_END);
    expect(last.outcomes).toEqual([-7, -7, -7, -7, -7, -7, 5, 6, 7]);
    last.changes({ ...next, image: 3, resume: 0 });
    const paused = finish({ budget: 0 });
    expect(paused.target).toBe(TAPE_END);
    paused.changes({ ...next, image: 2, resume: START });
  });

  test("moves to the overshot point first where that is applied at the end, and only once", () => {
    for (const phase of [PHASES.atImage, PHASES.afterStep]) {
      const { target, outcomes, changes } = finish({ overshootsEachStep: 0, phase });
      expect(target).toBe(MOVE);
      expect(outcomes.every((word) => word === -7)).toBe(true);
      changes({ phase: PHASES.overshot, factor: 1.02 });
    }
    for (const phase of [PHASES.overshot, PHASES.notOvershot])
      expect(finish({ overshootsEachStep: 0, phase }).target).toBe(START);
  });
});
