import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { GradientEngine } from "../../src/engines/engine.js";
import type { GradientOptions } from "../../src/engines/gradient.js";
import { forward64, logits64, vjp64 } from "../../src/engines/reference.js";
import { EngineError, InvalidArgumentError } from "../../src/errors.js";
import { lossAndSeed } from "../../src/kernels/losses/reference.js";
import { resolveInput } from "../../src/network/input.js";
import { float32Error } from "../support/float32_error.js";
import { expectSameBits } from "./comparison.js";
import { reference, wasmEngines } from "./engines.js";
import {
  all,
  bounds,
  C,
  clipped,
  cotangents,
  image,
  images,
  input,
  LOSSES,
  labels,
  length,
  N,
  network,
  pixels,
  random,
  shift,
  shifted,
  size,
  small,
} from "./gradient_cases.js";
import { imagesOf } from "./mixed_network.js";
import { tfjs } from "./other_engines.js";
import { greys, overflowingNetwork } from "./overflowing_network.js";
import { webgpuEngines } from "./webgpu_engines.js";

describe.each([reference, ...wasmEngines, ...webgpuEngines, tfjs])("gradient of $name", (under) => {
  let engine: GradientEngine;
  beforeAll(async () => {
    engine = (await under.create(network, input)) as GradientEngine;
  });
  afterAll(() => engine.dispose());

  test.each(LOSSES)("%s is the float64 gradient within the float32 bound", async (_, options, loss) => {
    using there = (await under.create(small, resolveInput(undefined, 2))) as GradientEngine;
    const answer = await there.gradient(pixels, options);
    expectSameBits(answer.logits, (await there.logits(pixels)).logits, "logits");
    expect(answer.values.length).toBe(N * length);
    let told = 0;
    for (let n = 0; n < N; n++) {
      const pixel = Float64Array.from(pixels.subarray(n * length, (n + 1) * length));
      const seed = new Float32Array(C);
      const scores = answer.logits.subarray(n * C, (n + 1) * C);
      expect(answer.losses[n]).toBe(Math.fround(lossAndSeed(loss, n, scores, seed)));
      const transform = resolveInput(undefined, 2);
      const run = forward64(small, transform, pixel);
      const exact = vjp64(small, transform, run, Float64Array.from(seed));
      const error = float32Error(small, transform, pixel, all);
      const sums = new Float64Array(length);
      for (let c = 0; c < C; c++) {
        const row = vjp64(
          small,
          transform,
          run,
          Float64Array.from(all, (k) => (k === c ? seed[c] : 0)),
        );
        for (let i = 0; i < length; i++) sums[i] += Math.abs(row[i]);
      }
      for (let i = 0; i < length; i++) {
        // What each row may be off, and C + 2 roundings of their sum.
        let bound = 0;
        const rows = Array.from({ length: C }, (_, c) => Math.abs(seed[c]) * error.values[c * length + i]);
        for (const row of rows) bound += row * (1 + (C + 2) * 2 ** -24);
        bound += (C + 2) * 2 ** -24 * sums[i];
        const ours = answer.values[n * length + i];
        expect(Math.abs(ours - exact[i])).toBeLessThanOrEqual(bound);
        if (Math.abs(exact[i]) > 2 * bound) told++;
      }
    }
    // The bound tells the gradients from zeros and from those of twice the length.
    expect(told).toBeGreaterThan((N * length) / 2);
  });

  test("the sum at images + shift leaves out what lies outside the bounds, and clamped images", async () => {
    const free = await engine.gradient(images, { loss: "crossEntropy", labels, shift, bounds });
    const beta = free.losses.toSorted()[1];
    const options = { loss: "crossEntropy", labels, beta, shift, bounds } as const;
    const each = await engine.gradient(images, options);
    const total = new Float64Array(size);
    for (let n = 0; n < N; n++) for (let i = 0; i < size; i++) total[i] += each.values[n * size + i];
    expect(each.values.some((g, i) => g === 0 && free.values[i] !== 0)).toBe(true);
    expect(total.some((g) => g !== 0)).toBe(true);
    const sum = await engine.gradient(images, { ...options, sum: true });
    expectSameBits(sum.values, Float32Array.from(total), "sum");
    // Whatever ran before: the next call has all images.
    expectSameBits(
      (await engine.gradient(images, { ...options, beta: undefined })).values,
      free.values,
      "afterwards",
    );
  });

  test("an image's gradient does not depend on its batch-mates", async () => {
    if (under.name === "tfjs") return;
    for (const [, options] of LOSSES.slice(0, 1)) {
      const each = await engine.gradient(images, options);
      for (const n of [3, 0]) {
        const alone = await engine.gradient(image(images, n), {
          loss: "crossEntropy",
          labels: [labels[n]],
        });
        expectSameBits(alone.values, image(each.values, n), `image ${n} alone`);
      }
    }
  });

  test("shift is added, clipped to the bounds, and the gradient is 0 outside", async () => {
    const open = await engine.gradient(images, { loss: "margin", labels, shift });
    const there = await engine.gradient(shifted, { loss: "margin", labels });
    expectSameBits(open.values, there.values, "shifted");
    expectSameBits(open.logits, there.logits, "logits of the shifted");
    const bounded = await engine.gradient(images, { loss: "margin", labels, shift, bounds });
    const inside = await engine.gradient(clipped, { loss: "margin", labels });
    const expected = inside.values.map((g, i) => (shifted[i] < bounds[0] || shifted[i] > bounds[1] ? 0 : g));
    expect(expected.some((g, i) => g !== inside.values[i])).toBe(true);
    expectSameBits(bounded.values, expected, "clipped");
    expectSameBits(bounded.logits, inside.logits, "logits of the clipped");
  });

  test("an image at the clamp has a gradient of zeros, and changes no other's", async () => {
    const free = await engine.gradient(images, { loss: "crossEntropy", labels });
    const sorted = free.losses.toSorted();
    const beta = (sorted[1] + sorted[2]) / 2;
    const clamped = await engine.gradient(images, { loss: "crossEntropy", labels, beta });
    const expected = free.values.map((g, i) => (free.losses[Math.floor(i / size)] >= beta ? 0 : g));
    expectSameBits(clamped.values, expected, "clamped");
    expect([...clamped.losses].filter((loss) => loss === Math.fround(beta)).length).toBe(3);
    const none = await engine.gradient(images, { cotangents: new Float32Array(N * C), sum: true });
    expect(none.values.every((g) => g === 0)).toBe(true);
  });

  test("writes to out, and to no more of it than it needs", async () => {
    const out = new Float32Array(size + 3).fill(-7);
    const sum = await engine.gradient(images, { loss: "logit", labels, sum: true, out });
    expect(sum.values.buffer).toBe(out.buffer);
    expect([...out.subarray(size)]).toEqual([-7, -7, -7]);
    expectSameBits(
      sum.values,
      (await engine.gradient(images, { loss: "logit", labels, sum: true })).values,
      "in out",
    );
  });

  test("takes a signal, and what it is given may change once it is called", async () => {
    const reason = new Error("changed my mind");
    const signal = AbortSignal.abort(reason);
    await expect(engine.gradient(images, { loss: "logit", labels, signal })).rejects.toBe(reason);
    const expected = await engine.gradient(images, { cotangents, shift });
    for (const live of [undefined, new AbortController().signal]) {
      const given = [images.slice(), cotangents.slice(), shift.slice()] as const;
      const pending = engine.gradient(given[0], { cotangents: given[1], shift: given[2], signal: live });
      for (const array of given) array.fill(0);
      expectSameBits((await pending).values, expected.values, "of what was given");
    }
    const controller = new AbortController();
    const many = imagesOf(network, under.name === "webgpu" ? 60 : 1500);
    const pending = engine.gradient(many, {
      cotangents: new Float32Array((many.length / size) * C).fill(1),
      signal: controller.signal,
    });
    setTimeout(() => controller.abort(reason), 5);
    await expect(pending).rejects.toBe(reason);
    expectSameBits((await engine.gradient(images, { cotangents, shift })).values, expected.values, "after");
  });

  test.each<{ says: RegExp; options?: unknown; given?: Float32Array }>([
    { says: /options is undefined, expected .* \{ loss: "crossEntropy", labels \}$/ },
    { says: /loss is undefined, expected "crossEntropy" or .* or cotangents/, options: { labels } },
    { says: /loss is "ce"/, options: { loss: "ce", labels } },
    { says: /labels is undefined, expected an array of 5/, options: { loss: "logit" } },
    { says: /labels has 3 values, expected 5/, options: { loss: "logit", labels: [1, 2, 3] } },
    { says: /labels\[4\] is 14, expected .* 0 to 13/, options: { loss: "logit", labels: [1, 2, 3, 4, C] } },
    { says: /labels\[1\] is 0\.5/, options: { loss: "margin", labels: [1, 0.5, 3, 4, 5] } },
    { says: /targeted is 1/, options: { loss: "logit", labels, targeted: 1 } },
    { says: /unknown option "beta"/, options: { loss: "logit", labels, beta: 3 } },
    { says: /unknown option "labels"/, options: { cotangents, labels } },
    { says: /beta is 0/, options: { loss: "crossEntropy", labels, beta: 0 } },
    {
      says: /beta is 9, expected none with/,
      options: { loss: "crossEntropy", labels, beta: 9, targeted: true },
    },
    { says: /kappa is NaN/, options: { loss: "margin", labels, kappa: Number.NaN } },
    {
      says: /clean has 3 values, expected a Float32Array of 5 x 14/,
      options: { loss: "cosine", clean: new Float32Array(3) },
    },
    { says: /cotangents is \[\]/, options: { cotangents: [] } },
    { says: /cotangents\[2\] is Infinity/, options: { cotangents: cotangents.with(2, Infinity) } },
    { says: /sum is "yes"/, options: { cotangents, sum: "yes" } },
    {
      says: /shift has 594 values, expected 297/,
      options: { cotangents, shift: new Float32Array(2 * size) },
    },
    { says: /shift\[0\] is NaN/, options: { cotangents, shift: shift.with(0, Number.NaN) } },
    { says: /bounds is \[0, 1\], expected none without shift/, options: { cotangents, bounds: [0, 1] } },
    { says: /bounds is \[1, 1\]/, options: { cotangents, shift, bounds: [1, 1] } },
    { says: /out has 2 values/, options: { cotangents, out: new Float32Array(2) } },
    { says: /out overlaps images/, options: { cotangents, out: images } },
    { says: /signal is 3/, options: { cotangents, signal: 3 } },
    { says: /multiple of 297/, options: { cotangents }, given: new Float32Array(3) },
  ])("a typed error says $says", async ({ says, options, given }) => {
    const error = await engine.gradient(given ?? images, options as GradientOptions).then(
      () => undefined,
      (reason: unknown) => reason,
    );
    expect(error).toBeInstanceOf(InvalidArgumentError);
    expect((error as Error).message).toMatch(/^gradient: [^\n]*expected/);
    expect((error as Error).message).toMatch(says);
  });

  test("rejects once it is disposed of", async () => {
    const doomed = (await under.create(network, input)) as GradientEngine;
    doomed.dispose();
    await expect(doomed.gradient(images, { cotangents })).rejects.toThrow(
      /^gradient: the engine was disposed/,
    );
  });
});

describe.each([reference, ...wasmEngines, ...webgpuEngines])("logits that are NaN, $name", (under) => {
  test("name the image", async () => {
    const overflowing = overflowingNetwork(0.7, "NaN");
    using engine = (await under.create(overflowing, resolveInput({ range: [0, 1] }, 1))) as GradientEngine;
    const given = greys(0.5, 0.9);
    const error = await engine.gradient(given, { loss: "logit", labels: [0, 0] }).catch((e: unknown) => e);
    expect(error).toBeInstanceOf(EngineError);
    expect(error).toMatchObject({
      image: 1,
      message: expect.stringMatching(/^gradient: a logit of image 1/),
    });
  });
});

test("the loss changes along the gradient as it says, by central differences", async () => {
  using engine = (await reference.create(network, input)) as GradientEngine;
  const step = 1e-6;
  for (const [name, options, loss] of LOSSES) {
    const { values } = await engine.gradient(images, options);
    for (let n = 0; n < N; n++) {
      const x = Float64Array.from(image(images, n));
      const direction = x.map(() => random.uniform(-1, 1));
      const lossAt = (t: number) =>
        lossAndSeed(
          loss,
          n,
          logits64(
            network,
            input,
            x.map((pixel, i) => pixel + t * direction[i]),
          ),
          new Float64Array(C),
        );
      const slope = direction.reduce((sum, d, i) => sum + d * image(values, n)[i], 0);
      const scale = direction.reduce((sum, d, i) => sum + Math.abs(d * image(values, n)[i]), 0);
      // Gradients and seeds are rounded to float32; kinks within a step are as rare as it is short.
      const measured = (lossAt(step) - lossAt(-step)) / (2 * step);
      expect(Math.abs(measured - slope), `${name}, image ${n}`).toBeLessThan(1e-5 * scale + 1e-7);
    }
  }
});

test("the logit loss is a negated row of the Jacobian, bit for bit", async () => {
  using engine = (await reference.create(network, input)) as GradientEngine;
  const { values } = await engine.jacobian(images, { classes: labels });
  const answer = await engine.gradient(images, { loss: "logit", labels });
  expectSameBits(
    answer.values,
    values.map((g) => 0 - g),
    "rows",
  );
});
