import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { DeepfoolRequest, Engine, JacobianOptions } from "../../src/engines/engine.js";
import { EngineError, InvalidArgumentError } from "../../src/errors.js";
import { resolveInput } from "../../src/network/input.js";
import { sizeOf } from "../../src/network/spec.js";
import { portionOf, quick } from "../support/portion.js";
import { chromiumEngines } from "./chromium_engines.js";
import { expectSameBits } from "./comparison.js";
import { type EngineUnderTest, reference, wasmEngines } from "./engines.js";
import { imagesOf, mixedNetwork } from "./mixed_network.js";
import { webgpuEngines } from "./webgpu_engines.js";

const CLASSES = 14;
const N = 3;
const network = mixedNetwork(CLASSES);
const input = resolveInput({ range: [0, 2] }, 3);
const images = imagesOf(network, N);
const size = sizeOf(network.input.shape);
const request: DeepfoolRequest = {
  norm: 2,
  profile: "lts4",
  classes: 10,
  steps: 10,
  overshoot: 0.02,
  trace: true,
};

interface Answer {
  readonly logits?: Float32Array;
  readonly values?: Float32Array;
  readonly perturbation?: Float32Array;
}

const engines: readonly EngineUnderTest[] = portionOf<EngineUnderTest>({
  quick: [...wasmEngines, ...webgpuEngines],
  slow: chromiumEngines,
});

describe.each(quick ? [reference, ...engines] : engines)("contract of $name", (under) => {
  // What crosses to a page has neither memory nor signals in common.
  const remote = under.starts === "in a page";
  let engine: Engine;
  beforeAll(async () => {
    engine = await under.create(network, input);
  });
  afterAll(() => engine.dispose());

  test("says what it is", () => {
    expect(engine.backend).toBe(under.name.split("-")[0]);
    expect(engine.inputShape).toEqual([11, 9, 3]);
    expect(engine.classes).toBe(CLASSES);
    expect(engine.range).toEqual([0, 2]);
  });

  const bad: { what: string; says: RegExp; images?: unknown; options?: unknown }[] = [
    { what: "images of another length", says: /297 \(11x9x3\)/, images: new Float32Array(size + 1) },
    { what: "no images", says: /empty/, images: new Float32Array(0) },
    { what: "NaN", says: /images\[5\] is NaN/, images: images.with(5, Number.NaN) },
    { what: "infinity", says: /image 2/, images: images.with(2 * size, Number.NEGATIVE_INFINITY) },
    { what: "images that are an array", says: /Array/, images: [1, 2, 3] },
    { what: "images that are missing", says: /undefined/, images: null },
    { what: "options that are missing", says: /options is null, .* \{ classes: 10 \}/, options: null },
    { what: "an option that there is not", says: /"clases"/, options: { classes: 2, clases: 3 } },
    { what: "0 classes", says: /classes is 0/, options: { classes: 0 } },
    { what: "more classes than there are", says: /from 1 to 14/, options: { classes: CLASSES + 1 } },
    { what: "a broken number of classes", says: /1\.5/, options: { classes: 1.5 } },
    { what: "NaN classes", says: /NaN/, options: { classes: Number.NaN } },
    { what: "classes that are text", says: /string/, options: { classes: "3" } },
    { what: "a negative class", says: /-1/, options: { classes: Int32Array.of(0, 1, -1) } },
    { what: "a class that there is not", says: /14/, options: { classes: Int32Array.of(0, 1, CLASSES) } },
    { what: "classes for other images", says: /multiple of 3/, options: { classes: Int32Array.of(0, 1) } },
    { what: "no classes", says: /0 indices/, options: { classes: new Int32Array(0) } },
    {
      what: "out too small",
      says: /out has/,
      options: { classes: 2, out: new Float32Array(2 * N * size - 1) },
    },
    {
      what: "out of another type",
      says: /out has/,
      options: { classes: 2, out: new Float64Array(2 * N * size) },
    },
  ];

  test.each(bad)(
    "$what: one typed line, and the engine goes on",
    async ({ says, images: given, options }) => {
      const before = await engine.logits(images);
      const wrong = (given === undefined ? images : (given ?? undefined)) as Float32Array;
      const calls = [
        () => engine.jacobian(wrong, (options === undefined ? { classes: 2 } : options) as JacobianOptions),
      ];
      if (given !== undefined) {
        calls.push(() => engine.logits(wrong) as never);
        if (engine.deepfool) calls.push(() => engine.deepfool!(wrong, request) as never);
      }
      for (const call of calls) {
        const error = await call().then(
          () => undefined,
          (reason: unknown) => reason,
        );
        expect(error).toBeInstanceOf(InvalidArgumentError);
        const { message } = error as Error;
        expect(message).toMatch(/^(logits|jacobian|deepfool): .*expected/);
        expect(message).not.toContain("\n");
        expect(message).toMatch(says);
      }
      expectSameBits((await engine.logits(images)).logits, before.logits, "logits afterwards");
    },
  );

  test("writes to out, and to no more of it than it needs", async () => {
    const fresh = await engine.jacobian(images, { classes: 5 });
    const needed = N * 5 * size;
    const out = new Float32Array(needed + 7).fill(-77);
    const answer = await engine.jacobian(images, { classes: 5, out });
    expect(answer.values.buffer).toBe(out.buffer);
    expectSameBits(answer.values, fresh.values, "values in out");
    expect([...out.subarray(needed)]).toEqual(new Array(7).fill(-77));
    // Only images 1 and 2, into the middle of a buffer.
    const inner = new Float32Array(out.buffer, 8, 2 * 5 * size);
    await engine.jacobian(images.subarray(size), { classes: 5, out: inner });
    expectSameBits(inner, fresh.values.subarray(5 * size), "values in a view");
  });

  test.skipIf(remote)("out may overlap neither images nor classes", async () => {
    const shared = new Float32Array(N * size + 4);
    shared.set(images);
    const given = shared.subarray(0, N * size);
    const all = new Int32Array(shared.buffer, 4 * N * size, N).fill(2);
    const wrong = [
      {
        out: shared,
        classes: 1,
        says: /^jacobian: out overlaps images by 891 values, expected memory of its own$/,
      },
      { out: new Float32Array(shared.buffer, 4 * (N * size - 1), 5), classes: 1, says: /out has 5/ },
    ];
    for (const { out, classes, says } of wrong) {
      await expect(engine.jacobian(given, { classes, out })).rejects.toThrow(InvalidArgumentError);
      await expect(engine.jacobian(given, { classes, out })).rejects.toThrow(says);
    }
    const behind = new Float32Array(2 * N * size).fill(-1);
    behind.set(images, N * size);
    const last = behind.subarray(N * size);
    // Side by side is not over one another.
    const answer = await engine.jacobian(last, { classes: 1, out: behind.subarray(0, N * size) });
    expectSameBits(last, images, "images beside out");
    expectSameBits(
      answer.values,
      (await engine.jacobian(images, { classes: 1 })).values,
      "values beside images",
    );
    await expect(engine.jacobian(images, { classes: all, out: given })).resolves.toBeDefined();
    const classes = new Int32Array(behind.buffer, 0, N).fill(2);
    await expect(engine.jacobian(images, { classes, out: behind })).rejects.toThrow(
      /^jacobian: out overlaps classes by 3 values/,
    );
    expect([...classes]).toEqual([2, 2, 2]);
  });

  test.skipIf(remote)("logits and jacobian take a signal", async () => {
    const fresh = await engine.jacobian(images, { classes: 3 });
    const { signal } = new AbortController();
    const answer = await engine.jacobian(images, { classes: 3, signal });
    expectSameBits(answer.values, fresh.values, "values with a signal");
    expectSameBits((await engine.logits(images, { signal })).logits, fresh.logits, "logits with a signal");
    // What the caller does to its arrays after the call is of no matter to it.
    const [given, classes] = [images.slice(), fresh.classes.slice()];
    const pending = [engine.logits(given, { signal }), engine.jacobian(given, { classes, signal })] as const;
    given.fill(0);
    classes.fill(0);
    const [logits, jacobian] = await Promise.all(pending);
    expectSameBits(logits.logits, fresh.logits, "logits of what was given");
    expectSameBits(jacobian.values, fresh.values, "values of what was given");
    const reason = new Error("changed my mind");
    const aborted = AbortSignal.abort(reason);
    await expect(engine.logits(images, { signal: aborted })).rejects.toBe(reason);
    await expect(engine.jacobian(images, { classes: 3, signal: aborted })).rejects.toBe(reason);
    for (const wrong of [{ signal: 3 }, { stop: signal }]) {
      await expect(engine.logits(images, wrong as never)).rejects.toThrow(InvalidArgumentError);
      await expect(engine.jacobian(images, { classes: 3, ...wrong } as never)).rejects.toThrow(
        InvalidArgumentError,
      );
    }
  });

  test("answers are the caller's to keep and change, and so are the images", async () => {
    const given = images.slice();
    const first = await engine.jacobian(given, { classes: 3 });
    expectSameBits(given, images, "images");
    const kept = first.values.slice();
    given.fill(0.5);
    await engine.jacobian(given, { classes: 3 });
    expectSameBits(first.values, kept, "an earlier answer");
    first.values.fill(Number.NaN);
    first.logits.fill(Number.NaN);
    expectSameBits((await engine.jacobian(images, { classes: 3 })).values, kept, "the same again");
  });

  test("views into larger arrays and shared memory are images like any other", async () => {
    const expected = await engine.logits(images);
    const larger = new Float32Array(images.length + 10).fill(Number.NaN);
    larger.set(images, 3);
    const view = larger.subarray(3, 3 + images.length);
    expectSameBits((await engine.logits(view)).logits, expected.logits, "a view");
    const shared = new Float32Array(new SharedArrayBuffer(images.byteLength)) as unknown as Float32Array;
    shared.set(images);
    expectSameBits((await engine.logits(shared)).logits, expected.logits, "shared memory");
    expect(larger[0]).toBeNaN();
    expect(view.length).toBe(images.length);
  });

  test("concurrent calls answer as they do one after the other", async () => {
    const one = images.subarray(0, size);
    const calls: (() => Promise<Answer>)[] = [
      () => engine.logits(images),
      () => engine.jacobian(images, { classes: 4 }),
      () => engine.jacobian(one, { classes: CLASSES }),
      async () => (await engine.deepfool?.(images, request)) ?? {},
      () => engine.logits(one),
      async () => (await engine.deepfool?.(one, { ...request, norm: Infinity })) ?? {},
      () => engine.jacobian(images, { classes: 1 }),
    ];
    const sequential: Answer[] = [];
    for (const call of calls) sequential.push(await call());
    const concurrent = await Promise.all([...calls, ...calls].map((call) => call()));
    concurrent.forEach((answer, i) => {
      for (const key of ["logits", "values", "perturbation"] as const) {
        const expected = sequential[i % calls.length][key];
        if (expected) expectSameBits(answer[key]!, expected, `${key} of call ${i}`);
      }
    });
  });

  test("after dispose, twice, every call rejects", async () => {
    const doomed = await under.create(network, input);
    await doomed.logits(images);
    doomed.dispose();
    doomed.dispose();
    doomed[Symbol.dispose]();
    await expect(doomed.logits(images)).rejects.toThrow(EngineError);
    await expect(doomed.jacobian(images, { classes: 2 })).rejects.toThrow(
      /^jacobian: the engine was disposed/,
    );
    if (doomed.deepfool) await expect(doomed.deepfool(images, request)).rejects.toThrow(EngineError);
  });
});

/** Without a GPU a long call takes WebGPU a quarter of a minute. */
const withLongCalls: readonly EngineUnderTest[] = portionOf<EngineUnderTest>({
  quick: wasmEngines,
  slow: [...webgpuEngines, ...chromiumEngines],
});

describe.each(withLongCalls)("long calls of $name", (under) => {
  const remote = under.starts === "in a page";
  // Many images, so that a run lasts for several turns of the event loop; a GPU without a GPU is slow enough.
  const total = under.starts === "in a page" ? 8 : under.name === "webgpu" ? 24 : 300;
  const many = imagesOf(network, total);
  let engine: Engine;
  beforeAll(async () => {
    engine = await under.create(network, input);
  });
  afterAll(() => engine.dispose());
  // Without overshoot steps stop just short of the boundary, so that images take many.
  const run = (extra: Partial<DeepfoolRequest>) =>
    engine.deepfool!(many, { ...request, overshoot: 0, ...extra });

  test("progress counts the images", async () => {
    const seen: number[] = [];
    await run({
      onProgress: (done, of) => {
        expect(of).toBe(total);
        seen.push(done);
      },
    });
    expect(seen.at(-1)).toBe(total);
    expect(seen).toEqual(seen.toSorted((a, b) => a - b));
    // A GPU has all images on the way at once, and says how many are done every few steps.
    expect(new Set(seen).size).toBeGreaterThan(engine.backend === "webgpu" ? 1 : 10);
  });

  test("a signal that is aborted already rejects with its reason", async () => {
    const reason = new Error("changed my mind");
    await expect(run({ signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
  });

  test("an abort rejects with its reason before the end, and the engine goes on", async () => {
    const before = await engine.logits(images);
    const controller = new AbortController();
    const reason = { of: "any kind" };
    let last = 0;
    const pending = run({
      signal: controller.signal,
      onProgress: (done) => {
        last = done;
      },
    });
    // In the next turn: the call has begun, and takes several.
    setTimeout(() => controller.abort(reason));
    await expect(pending).rejects.toBe(reason);
    expect(last).toBeLessThan(total);
    expectSameBits((await engine.logits(images)).logits, before.logits, "logits afterwards");
    // The signal may be aborted long after the call without any effect.
    const late = new AbortController();
    await engine.deepfool!(images, { ...request, signal: late.signal });
    late.abort();
    expectSameBits((await engine.logits(images)).logits, before.logits, "logits after a late abort");
  });

  test.skipIf(remote).each(["logits", "jacobian"] as const)(
    "an abort ends %s, and the engine goes on",
    async (call) => {
      const before = await engine.logits(images);
      const controller = new AbortController();
      const { signal } = controller;
      const reason = { of: "any kind" };
      // So many images that the event loop turns before they are through.
      const lots = imagesOf(network, 1500);
      const pending =
        call === "logits" ? engine.logits(lots, { signal }) : engine.jacobian(lots, { classes: 10, signal });
      setTimeout(() => controller.abort(reason), 1);
      await expect(pending).rejects.toBe(reason);
      expectSameBits((await engine.logits(images)).logits, before.logits, "logits afterwards");
    },
  );

  test("what onProgress throws ends the call", async () => {
    const thrown = new Error("in the callback");
    const onProgress = () => {
      throw thrown;
    };
    await expect(run({ onProgress })).rejects.toBe(thrown);
    expect((await engine.logits(images)).labels.length).toBe(N);
  });

  test("dispose in the middle rejects what is pending", async () => {
    const doomed = await under.create(network, input);
    const pending = doomed.deepfool!(many, request);
    const rejected = expect(pending).rejects.toThrow(EngineError);
    await new Promise((resolve) => setTimeout(resolve));
    doomed.dispose();
    await rejected;
  });
});
