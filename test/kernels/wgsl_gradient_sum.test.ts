import { describe, expect, test } from "vitest";
import { gradientSumShader, sumGroups } from "../../src/kernels/gradient_sum/wgsl.js";
import { dispatch, Tensor } from "../../src/kernels/webgpu/dispatch.js";
import { expectGuarded } from "../support/guarded.js";
import { type RandomValues, randomValues } from "../support/random_values.js";
import { openGpu, requestTestDevice } from "../support/webgpu.js";
import { runDispatches, type Values } from "../support/wgsl_kernel.js";
import { expectSame } from "../support/within.js";

const gpu = await openGpu();
const U = 2 ** -24;
/** Below, at and above a workgroup, and several. */
const UNITS = [1, 63, 64, 65, 131, 1029];
/** Images of the forward pass, of which some run; the others hold NaN. */
const IMAGES = 9;

interface Sum {
  /** `[running][units]`. */
  readonly gradient: Float32Array;
  /** `[IMAGES][units]`, where `slots` say. */
  readonly images: Float32Array;
  readonly v: Float32Array;
  readonly slots: readonly number[];
  readonly bounds?: readonly [number, number];
}

/** Of all magnitudes, so that a sum loses most of its smaller terms. */
const gradients = (random: RandomValues, length: number): Float32Array =>
  Float32Array.from({ length }, () => random.uniform(-1, 1) * 2 ** random.integer(-12, 12));

describe.skipIf(!gpu)("WGSL of the sum of gradients over images", async () => {
  const device = gpu ? await requestTestDevice(gpu) : (undefined as never);

  /** `[units][2]`, the sum and what rounding left of it, of what was there before and these. */
  async function added({ gradient, images, v, slots, bounds }: Sum, before: Float32Array) {
    const units = v.length;
    const tensors = {
      gradient: new Tensor(units, "cotangents", "gradient"),
      images: new Tensor(units, "images", "images"),
      v: new Tensor(units, "constant", "v"),
      slots: new Tensor(1, "images", "slots"),
      total: new Tensor(2 * units, "constant", "total"),
    };
    const [low, high] = bounds ?? [0, 0];
    const params = { units, one: 1, bounded: Number(bounds !== undefined), low, high };
    const made = dispatch("sum", gradientSumShader, params, tensors, sumGroups(units));
    const unused = new Array(IMAGES - slots.length).fill(2 ** 20);
    const values = new Map<Tensor, Values>([
      [tensors.gradient, gradient],
      [tensors.images, images],
      [tensors.v, v],
      [tensors.slots, Uint32Array.from([...slots, ...unused])],
      [tensors.total, before],
    ]);
    const results = await runDispatches(device, [made], values, { images: IMAGES, running: slots.length });
    return results.get(tensors.total) as Float32Array;
  }

  function randomSum(units: number, slots: readonly number[], bounds?: Sum["bounds"]): Sum {
    const random = randomValues(units + slots.length);
    const images = new Float32Array(IMAGES * units).fill(Number.NaN);
    for (const n of slots) for (let u = 0; u < units; u++) images[n * units + u] = random.integer(0, 8) / 8;
    const v = Float32Array.from({ length: units }, () => random.integer(-2, 2) / 8);
    const gradient = gradients(random, slots.length * units);
    return { gradient, images, v, slots, ...(bounds && { bounds }) };
  }

  /** Whether the n-th running image moves within the bounds at a unit. */
  const isInside = ({ images, v, slots, bounds }: Sum, n: number, u: number): boolean => {
    const x = images[slots[n] * v.length + u] + v[u];
    return bounds === undefined || (x >= bounds[0] && x <= bounds[1]);
  };
  const terms = (sum: Sum, u: number): number[] =>
    sum.slots.map((_, n) => (isInside(sum, n, u) ? sum.gradient[n * sum.v.length + u] : 0));
  const add = (list: readonly number[]): number => list.reduce((total, term) => total + term, 0);

  /** Each rounding of N leaves at most u of the sum of magnitudes; those are added up with N roundings more. */
  function expectSum(found: Float32Array, sum: Sum): void {
    const of = [...sum.v.keys()].map((u) => terms(sum, u));
    const bound = of.map(
      (list) => ((list.length * (list.length + 1)) / 2) * U ** 2 * add(list.map(Math.abs)),
    );
    const exact = of.map(add);
    const pairs = of.map((_, u) => found[2 * u] + found[2 * u + 1]);
    expectGuarded(pairs, exact, (u) => bound[u], [1]);
    // A sum by itself, or one that what was left out is taken from, would not do.
    const many = of.filter((list) => list.filter((term) => term !== 0).length > 3).length;
    for (const factor of [0, -1]) {
      const wrong = of.filter(
        (_, u) => Math.abs(found[2 * u] + factor * found[2 * u + 1] - exact[u]) > bound[u],
      );
      expect(wrong.length).toBeGreaterThanOrEqual(0.8 * many);
    }
  }

  describe.each(UNITS)("%i units", (units) => {
    const zero = new Float32Array(2 * units);

    test.each([[[4]], [[0, 1]], [[8, 2, 0, 5, 3, 7]]])(
      "of images %j: error <= N (N + 1) / 2 u^2 sum |g|",
      async (slots) => {
        const sum = randomSum(units, slots);
        expectSum(await added(sum, zero), sum);
      },
    );

    test("leaves out units that v moves beyond the bounds, NaN though they may be, and not those at a bound", async () => {
      const sum = randomSum(units, [6, 1, 8, 3, 0], [0.125, 0.75]);
      sum.gradient.forEach((_, i) => {
        if (!isInside(sum, Math.floor(i / units), i % units)) sum.gradient[i] = Number.NaN;
      });
      const found = await added(sum, zero);
      expectSum(found, sum);
      const all = await added({ ...sum, bounds: [-1, 2] }, zero);
      // Nowhere is everything inside where something is not.
      found.forEach((_, i) => {
        const inside = sum.slots.every((_, n) => isInside(sum, n, Math.floor(i / 2)));
        expect(Number.isNaN(all[i])).toBe(!inside);
      });
    });

    test("has the same bits in one call and in several", async () => {
      const sum = randomSum(units, [8, 2, 0, 5, 3, 7]);
      const part = (from: number, to: number): Sum => ({
        ...sum,
        slots: sum.slots.slice(from, to),
        gradient: sum.gradient.slice(from * units, to * units),
      });
      const first = await added(part(0, 4), zero);
      expectSame(await added(part(4, 6), first), await added(sum, zero));
    });

    test("keeps NaN and infinities to their unit", async () => {
      const sum = randomSum(units, [2, 5]);
      sum.gradient[units - 1] = Number.NaN;
      sum.gradient[units] = Infinity;
      const found = await added(sum, zero);
      for (let u = 0; u < units; u++) expect(Number.isFinite(found[2 * u])).toBe(u !== units - 1 && u !== 0);
    });
  });
});
