import { describe, expect, test } from "vitest";
import { passList } from "../../src/kernels/seeds/pass_list.js";
import { candidatesFor, topClasses } from "../../src/kernels/top_classes/reference.js";
import { randomValues } from "../support/random_values.js";
import { variants, WasmKernels } from "../support/wasm_kernel.js";

describe.each(variants)("top_classes, $variant", ({ relaxed }) => {
  const run = (logits: Float32Array, count: number, label?: number): number[] => {
    const kernels = new WasmKernels(relaxed);
    const top = kernels.inout(new Int32Array(count).fill(-5));
    kernels.call("top_classes", 1, {
      logits: kernels.input(logits),
      classes: logits.length,
      label: label === undefined ? 0 : kernels.input(Int32Array.of(label)),
      count: kernels.input(Int32Array.of(count)),
      top,
    });
    return [...top.values()];
  };
  const rows: Record<string, Float32Array> = {
    one: Float32Array.of(3),
    ties: Float32Array.of(1, 2, 2, -0, 0, 1, 2),
    "no number first": Float32Array.of(Number.NaN, -Infinity, Number.NaN, -3, -Infinity),
    "no number": Float32Array.of(Number.NaN, 1, -Infinity, Number.NaN, Infinity, -2, Infinity),
    random: Float32Array.from(
      { length: 101 },
      (
        (r) => () =>
          r.integer(-20, 20)
      )(randomValues(4)),
    ),
  };
  test.each(Object.entries(rows))("as the reference: %s", (_, logits) => {
    for (let count = 1; count <= logits.length; count++) {
      expect(run(logits, count)).toEqual([...topClasses(logits, 0, logits.length, count)]);
      for (const label of [0, logits.length >> 1, logits.length - 1])
        expect(run(logits, count, label)).toEqual([...candidatesFor(logits, label, count)]);
    }
  });
});

describe.each(variants)("seed_pass, $variant", ({ relaxed }) => {
  const CLASSES = 9;
  /** The third of three passes over a list, or none where `over`. */
  const run = (list: number[], stride: number, base?: number, over = false) => {
    const kernels = new WasmKernels(relaxed);
    const seeds = kernels.inout(new Float32Array(stride * CLASSES).fill(Number.NaN));
    const candidates = kernels.inout(new Int32Array(14).fill(-5));
    const bounds = kernels.inout(new Int32Array(2));
    const words = new Int32Array((passList.records + 3 * passList.bytes) / 4);
    words.set([1, list.length - 1, stride, 4321], (passList.records + 2 * passList.bytes) / 4);
    const passes = kernels.inout(words);
    const end = passes.at + passList.records + 3 * passList.bytes;
    const next = over ? end : end - passList.bytes;
    kernels.set(passes, [next, end]);
    const target = kernels.call("seed_pass", 1, {
      ...{ passes, classes: CLASSES, seeds, candidates, bounds, done: 1234 },
      list: kernels.input(Int32Array.from(list)),
      base: base === undefined ? 0 : kernels.input(Int32Array.of(base)),
    });
    const [from, to] = bounds.values();
    expect(passes.values()[0]).toBe(end);
    return { target, seeds: seeds.values(), set: [...candidates.values()].slice(0, (to - from) / 4) };
  };

  for (const stride of [4, 8, 12])
    for (const base of [undefined, 4])
      test(`one in each lane, ${stride} lanes, ${base === undefined ? "plain" : "differences"}`, () => {
        const random = randomValues(stride);
        for (let round = 0; round < 20; round++) {
          const count = random.integer(1, stride);
          const classes = Array.from({ length: count }, () => random.integer(0, 3) * 2 + 1);
          const expected = new Float32Array(stride * CLASSES);
          classes.forEach((c, k) => {
            expected[c * stride + k] += 1;
            if (base !== undefined) expected[base * stride + k] -= 1;
          });
          const { target, seeds, set } = run([8, ...classes], stride, base);
          expect(target).toBe(4321);
          expect(seeds).toEqual(expected);
          const seeded = new Set(base === undefined ? classes : [...classes, base]);
          expect(set).toEqual([...seeded].sort((a, b) => a - b));
        }
      });

  test("after the last pass it goes on elsewhere and writes nothing", () => {
    const { target, seeds } = run([1, 2], 4, undefined, true);
    expect(target).toBe(1234);
    expect(seeds.every(Number.isNaN)).toBe(true);
  });
});
